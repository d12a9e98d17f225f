-- Calls with an Idempotency-Key, or with one derived from the call: what became of each, for its repeats.
-- The key and the payload are here as keyed hashes, the answer is encrypted: each may hold a whole number.
-- Lifetime: until expires_at, a day after the first call (a minute for a derived key); then the next call with any key
-- erases it. A call that did nothing leaves no row. Example:
-- ('local', '3d…', 'b1…', '9b…', 'done', x'…', 1767269100000, 1767355200000)
create table idempotency_keys (
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

create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
