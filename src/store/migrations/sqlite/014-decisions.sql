-- What the guard said to each message that was asked for, and why. prefix: the number less its last four digits; number_hash
-- is erased with the numbers of that time; messages: how many it is expected to take; observed against bound: the figures of
-- the rule, where it has some. Lifetime: 90 days. Example: ('01a2…', 1765152000000, 'request', 'checkout', '01a2…', 'a9c1…',
-- '44770090', 'GB', 'mobile', 'sms', 1, 'block', 'sends_per_number', 4, 3, '0100ebcc61d3')
create table decisions (
  id text primary key,
  at integer not null,
  kind text not null check (kind in ('request', 'next')),
  caller text not null,
  verification_id text,
  number_hash text,
  prefix text not null,
  country text,
  line_type text not null,
  channels text not null,
  messages integer not null,
  answer text not null check (answer in ('allow', 'block')),
  rule text,
  observed real,
  bound real,
  policy text not null
) strict, without rowid;

create index decisions_by_time on decisions (at desc, id desc);
create index decisions_to_erase on decisions (at) where number_hash is not null;
create index decisions_of_number on decisions (number_hash) where number_hash is not null;
