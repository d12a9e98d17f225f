-- What belongs to the whole ledger: mode ('sandbox' | 'live'), keys (a check of the data keys).
-- Lifetime: for ever. Example:
-- ('mode', 'sandbox')
create table meta (
  key text primary key,
  value text not null
) strict, without rowid;

-- A run: Vonage's request behind one or more verifications.
-- Lifetime: for ever, nothing erases it yet. But number_sealed is erased when the run ends, and the whole row with its
-- verifications and sends when Vonage refused to begin it. Example:
-- ('0f…', 'local', 'Acme', '7c…', '44********23', x'…', '{"code_length":6,"workflow_id":6,"pin_expiry":300}', 'a4…',
--  'running', 0, 1767268800000, 1767268800000, 0, 1767268800000, 1767269100000, null, null)
create table runs (
  id text primary key,
  caller text not null,
  brand text not null,
  number_hash text not null,
  number_mask text not null,
  number_sealed blob,
  parameters text not null,
  upstream_id text,
  state text not null check (state in ('sending', 'running', 'unknown', 'ended')),
  tries integer not null,
  asked_at integer not null,
  sent_at integer not null,
  event_index integer not null,
  code_made_at integer not null,
  expires_at integer not null,
  cancel_at integer,
  checking_until integer
) strict, without rowid;

-- Vonage allows one run for each number and account.
create unique index runs_live on runs (number_hash) where state <> 'ended';
create index runs_by_upstream_id on runs (upstream_id) where upstream_id is not null;
create index runs_due on runs (min(expires_at, coalesce(cancel_at, expires_at))) where state <> 'ended';

-- A verification: what a caller holds.
-- Lifetime: for ever, nothing erases it yet: every later check is answered rightly. Example:
-- ('9b…', '0f…', 'local', 'pending', 0, 1767268800000, null)
create table verifications (
  id text primary key,
  run_id text not null references runs (id),
  caller text not null,
  state text not null check (state in ('pending', 'verified', 'failed', 'expired', 'cancelled', 'superseded')),
  tries integer not null,
  created_at integer not null,
  ended_at integer
) strict, without rowid;

create index verifications_of_run on verifications (run_id);
create index verifications_of_caller on verifications (caller, created_at desc, id desc);

-- Messages, happened or to come: the caps count them.
-- Lifetime: what happened is kept for ever, nothing erases it yet; what is to come is erased when its run ends before it,
-- and what turns out not to have been sent at once. Example:
-- ('7c…', 1767268800000, '0f…', 0)
create table sends (
  number_hash text not null,
  at integer not null,
  run_id text not null references runs (id),
  ordinal integer not null,
  primary key (number_hash, at, run_id, ordinal)
) strict, without rowid;

create index sends_by_time on sends (at);
create index sends_of_run on sends (run_id);

-- Orders to buy, update or release a number of the account: written before Vonage is asked.
-- Lifetime: for ever, nothing erases them yet. Example:
-- ('5e…', 'local', 'buy', 'GB', '447700900001', 'done', 1767268800000, 1767268800321)
create table number_orders (
  id text primary key,
  caller text not null,
  action text not null check (action in ('buy', 'update', 'cancel')),
  country text not null,
  msisdn text not null,
  state text not null check (state in ('intended', 'done', 'refused', 'unknown')),
  created_at integer not null,
  settled_at integer
) strict, without rowid;

create index number_orders_of_number on number_orders (country, msisdn, created_at);
