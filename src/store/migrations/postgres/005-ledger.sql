-- The ledger. What each table holds, for how long and an example row stand with SQLite's migrations of the same columns.

-- The one clock that counts, in epoch milliseconds: nodes differ in theirs. Tests put another in its place.
create function tollgate_now() returns bigint language sql volatile
  as $$ select floor(extract(epoch from clock_timestamp()) * 1000)::bigint $$;

create table meta (
  key text primary key,
  value text not null
);

create table runs (
  id text primary key,
  caller text not null,
  brand text not null,
  number_hash text not null,
  number_mask text not null,
  number_sealed bytea,
  parameters text not null,
  upstream_id text,
  state text not null check (state in ('sending', 'running', 'unknown', 'ended')),
  tries integer not null,
  asked_at bigint not null,
  sent_at bigint not null,
  event_index integer not null,
  code_made_at bigint not null,
  expires_at bigint not null,
  cancel_at bigint,
  checks_seen integer not null default 0,
  check_verification text,
  check_code text,
  check_asked_at bigint,
  check_look_at bigint
);

-- Vonage allows one run for each number and account.
create unique index runs_live on runs (number_hash) where state <> 'ended';
create index runs_by_upstream_id on runs (upstream_id) where upstream_id is not null;
create index runs_due on runs (coalesce(check_look_at, case when cancel_at < expires_at then cancel_at else expires_at end))
where state <> 'ended' or check_look_at is not null;

create table verifications (
  id text primary key,
  run_id text not null references runs (id),
  caller text not null,
  state text not null check (state in ('pending', 'verified', 'failed', 'expired', 'cancelled', 'superseded')),
  tries integer not null,
  created_at bigint not null,
  ended_at bigint
);

create index verifications_of_run on verifications (run_id);
create index verifications_of_caller on verifications (caller, created_at desc, id desc);

create table sends (
  number_hash text not null,
  at bigint not null,
  run_id text not null references runs (id),
  ordinal integer not null,
  primary key (number_hash, at, run_id, ordinal)
);

create index sends_of_run on sends (run_id);

create table send_days (
  day integer primary key,
  sends integer not null
)
-- One row is changed all day: room for its next versions on the same page.
with (fillfactor = 10);

create table number_orders (
  id text primary key,
  caller text not null,
  action text not null check (action in ('buy', 'update', 'cancel')),
  country text not null,
  msisdn text not null,
  state text not null check (state in ('intended', 'done', 'refused', 'unknown')),
  created_at bigint not null,
  settled_at bigint
);

create index number_orders_of_number on number_orders (country, msisdn, created_at);

create table idempotency_keys (
  caller text not null,
  key_hash text not null,
  payload_hash text not null,
  intent_id text not null,
  state text not null check (state in ('running', 'done', 'unknown')),
  answer_sealed bytea,
  running_until bigint not null,
  expires_at bigint not null,
  primary key (caller, key_hash)
);

create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
