-- What the guard said to each message that was asked for, and why. prefix: the number less its last four digits; the hashes
-- are keyed, and erased with the numbers of that time; messages: how many it is expected to take; would: what would have been
-- said in enforce mode; observed against bound: the figures of the rule, where it has some. Lifetime: 90 days.
-- Example: ('01a2…', 1765152000000, 'request', 'checkout', null, 'a9c1…', null, '77b0…', null, null, '44770090', 'GB', 'mobile',
-- 'sms', 0, 'block', null, 'TOLLGATE_SENDS_PER_NUMBER', 4, 3, '0100ebcc61d3')
create table decisions (
  id text primary key,
  at integer not null,
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
  observed real,
  bound real,
  policy text not null
) strict, without rowid;

create index decisions_by_time on decisions (at desc, id desc);
create index decisions_to_erase on decisions (at) where number_hash is not null;
create index decisions_of_number on decisions (number_hash) where number_hash is not null;

-- Challenge tokens that were used, so that none is twice. Lifetime: until the token would have expired.
-- Example: ('9f86d081…', 1765152600000)
create table used_challenges (
  id text primary key,
  expires_at integer not null
) strict, without rowid;

create index used_challenges_to_erase on used_challenges (expires_at);
