CREATE TABLE api_key_secrets (
  hash text primary key,
  name text not null references api_keys (name),
  created_at integer not null,
  valid_until integer
) strict, without rowid;

CREATE INDEX api_key_secrets_of_key on api_key_secrets (name);

CREATE TABLE api_keys (
  name text primary key,
  scopes text not null,
  bounds text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  last_used_at integer,
  version integer not null
) strict, without rowid;

CREATE UNIQUE INDEX api_keys_by_version on api_keys (version);

CREATE TABLE approvals (
  id text primary key,
  caller text not null,
  operation text not null,
  digest text not null,
  asked_sealed blob,
  state text not null check (state in ('pending', 'approved', 'denied', 'used')),
  created_at integer not null,
  expires_at integer not null,
  decided_by text,
  decided_at integer,
  order_id text,
  used_at integer
) strict, without rowid;

CREATE INDEX approvals_by_digest on approvals (digest, expires_at);

CREATE INDEX approvals_by_time on approvals (created_at desc, id desc);

CREATE INDEX approvals_of_caller on approvals (caller, expires_at);

CREATE INDEX approvals_to_erase on approvals (expires_at) where asked_sealed is not null;

CREATE TABLE audit (
  sequence integer primary key,
  at integer not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null,
  previous text not null,
  hash text not null
) strict;

CREATE TABLE audit_head (
  name text primary key,
  sequence integer not null,
  hash text not null
) strict, without rowid;

CREATE TABLE caller_days (
  caller text not null,
  day integer not null,
  sends integer not null, micros integer not null default 0,
  primary key (caller, day)
) strict, without rowid;

CREATE TABLE country_days (
  country text not null,
  day integer not null,
  sends integer not null,
  micros integer not null,
  primary key (country, day)
) strict, without rowid;

CREATE TABLE decisions (
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
, in_lane integer not null default 0, micros integer not null default 0, counted integer not null default 0, held_out integer not null default 0) strict, without rowid;

CREATE INDEX decisions_by_time on decisions (at desc, id desc);

CREATE INDEX decisions_held_out on decisions (at) where held_out = 1;

CREATE INDEX decisions_of_number on decisions (number_hash) where number_hash is not null;

CREATE INDEX decisions_to_erase on decisions (at) where number_hash is not null;

CREATE TABLE guard_alerts (
  kind text not null,
  name text not null,
  level integer not null,
  at integer not null,
  primary key (kind, name)
) strict, without rowid;

CREATE TABLE guard_levels (
  scope text primary key,
  state text not null,
  touched_at integer not null
) strict, without rowid;

CREATE TABLE idempotency_keys (
  caller text not null,
  key_hash text not null,
  payload_hash text not null,
  intent_id text not null,
  state text not null check (state in ('running', 'done', 'unknown')),
  answer_sealed blob,
  running_until integer not null,
  expires_at integer not null,
  primary key (caller, key_hash)
) strict, without rowid;

CREATE INDEX idempotency_keys_by_expiry on idempotency_keys (expires_at);

CREATE TABLE known_people (
  number_hash text not null,
  account_hash text not null,
  first_at integer not null,
  last_at integer not null,
  lane_day integer not null,
  lane_sends integer not null,
  unverified integer not null, counted_day integer not null default 0,
  primary key (number_hash, account_hash)
) strict, without rowid;

CREATE INDEX known_people_to_erase on known_people (last_at);

CREATE TABLE meta (
  key text primary key,
  value text not null
) strict, without rowid;

CREATE TABLE migrations (name text primary key) strict, without rowid;

CREATE TABLE number_orders (
  id text primary key,
  caller text not null,
  action text not null check (action in ('buy', 'update', 'cancel')),
  country text not null,
  msisdn text not null,
  state text not null check (state in ('intended', 'done', 'refused', 'unknown')),
  created_at integer not null,
  settled_at integer
, look_at integer, settings text, untold integer not null default 0 check (untold in (0, 1)), number_hash text not null default '', number_sealed blob, settings_sealed blob) strict, without rowid;

CREATE INDEX number_orders_due on number_orders (look_at) where look_at is not null;

CREATE INDEX number_orders_of_number on number_orders (number_hash, created_at);

CREATE INDEX number_orders_to_erase on number_orders (settled_at) where state = 'refused' and number_hash <> id;

CREATE TABLE paces (
  name text primary key,
  state text not null
) strict, without rowid;

CREATE TABLE runs (
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
  checks_seen integer not null default 0, check_verification text, check_code text, check_asked_at integer, check_look_at integer, next_asks text check (next_asks in ('event', 'replacement')), next_intent text, next_asked_at integer, next_look_at integer, nexts_done text not null default '', ended_at integer, is_cancelling integer not null default 0, in_lane integer not null default 0, country text not null default '', event_costs text not null default '') strict, without rowid;

CREATE INDEX runs_by_upstream_id on runs (upstream_id) where upstream_id is not null;

CREATE INDEX runs_due on runs (coalesce(check_look_at, case when cancel_at < expires_at then cancel_at else expires_at end))
where state <> 'ended' or check_look_at is not null;

CREATE UNIQUE INDEX runs_live on runs (number_hash) where state <> 'ended';

CREATE INDEX runs_next_due on runs (next_look_at) where next_look_at is not null;

CREATE INDEX runs_of_number on runs (number_hash) where state = 'ended' and number_hash <> id;

CREATE INDEX runs_sending on runs (sent_at) where state = 'sending';

CREATE INDEX runs_to_erase on runs (coalesce(ended_at, expires_at)) where state = 'ended' and number_hash <> id;

CREATE TABLE send_days (
  day integer primary key,
  sends integer not null
, micros integer not null default 0) strict;

CREATE TABLE sends (
  number_hash text not null,
  at integer not null,
  run_id text not null references runs (id),
  ordinal integer not null, in_lane integer not null default 0, micros integer not null default 0,
  primary key (number_hash, at, run_id, ordinal)
) strict, without rowid;

CREATE INDEX sends_by_time on sends (at);

CREATE INDEX sends_of_run on sends (run_id);

CREATE TABLE signing_keys (
  kid text not null,
  public_jwk text not null,
  private_sealed blob not null,
  signs_from integer not null,
  signs_until integer not null,
  primary key (signs_from, signs_until)
) strict, without rowid;

CREATE TABLE spend_totals (
  caller text not null,
  period text not null,
  micros integer not null,
  primary key (caller, period)
) strict, without rowid;

CREATE TABLE spends (
  order_id text primary key,
  caller text not null,
  at integer not null,
  micros integer not null
) strict, without rowid;

CREATE TABLE told_prices (
  country text not null,
  channel text not null check (channel in ('sms', 'tts')),
  micros integer not null,
  at integer not null,
  primary key (country, channel)
) strict, without rowid;

CREATE TABLE used_challenges (
  id text primary key,
  expires_at integer not null
) strict, without rowid;

CREATE INDEX used_challenges_to_erase on used_challenges (expires_at);

CREATE TABLE verifications (
  id text primary key,
  run_id text not null references runs (id),
  caller text not null,
  state text not null check (state in ('pending', 'verified', 'failed', 'expired', 'cancelled', 'superseded')),
  tries integer not null,
  created_at integer not null,
  ended_at integer
, nonce text, purpose text) strict, without rowid;

CREATE INDEX verifications_of_caller on verifications (caller, created_at desc, id desc);

CREATE INDEX verifications_of_run on verifications (run_id);

CREATE TABLE webhook_deliveries (
  event_id text not null references webhook_events (id),
  target text not null,
  state text not null check (state in ('pending', 'delivered', 'dead')),
  attempts integer not null,
  next_at integer not null,
  give_up_at integer,
  settled_at integer,
  last_error text,
  primary key (event_id, target)
) strict, without rowid;

CREATE INDEX webhook_deliveries_due on webhook_deliveries (target, next_at) where state = 'pending';

CREATE TABLE webhook_events (
  id text primary key,
  type text not null,
  subject text not null,
  sequence integer not null,
  at integer not null,
  payload text not null
) strict, without rowid;

CREATE INDEX webhook_events_by_time on webhook_events (at, id);

CREATE UNIQUE INDEX webhook_events_of_subject on webhook_events (subject, sequence);
