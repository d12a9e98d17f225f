create table decisions (
  id text primary key,
  at bigint not null,
  kind text not null check (kind in ('request', 'next')),
  caller text not null,
  verification_id text,
  number_hash text,
  ip_hash text,
  session_hash text,
  account_hash text,
  device_hash text,
  prefix text not null,
  country text,
  line_type text not null,
  channels text not null,
  messages integer not null,
  answer text not null check (answer in ('allow', 'challenge', 'block')),
  would text,
  rule text,
  observed double precision,
  bound double precision,
  policy text not null
);

create index decisions_by_time on decisions (at desc, id desc);
create index decisions_to_erase on decisions (at) where number_hash is not null;
create index decisions_of_number on decisions (number_hash) where number_hash is not null;

create table used_challenges (
  id text primary key,
  expires_at bigint not null
);

create index used_challenges_to_erase on used_challenges (expires_at);
