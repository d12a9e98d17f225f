-- What callers show at the door. bounds is JSON: brands, countries, channels, dailySends, each where it confines the key.
-- version counts the changes of all keys, so that a running gateway notices each.
-- Lifetime: for ever; a key that is over is what keeps the door closed, and its name is never given again. Example:
-- ('checkout', 'verify numbers:read', '{"brands":["Acme"]}', 1765152000000, 1772928000000, null, 1765238400000, 1)
create table api_keys (
  name text primary key,
  scopes text not null,
  bounds text not null,
  created_at integer not null,
  expires_at integer,
  revoked_at integer,
  last_used_at integer,
  version integer not null
) strict, without rowid;

create unique index api_keys_by_version on api_keys (version);

-- The SHA-256 of each secret that opens a key; a rotation adds one and lets those before it end.
-- Lifetime: for ever. Example: ('9f86d081884c…', 'checkout', 1765152000000, null)
create table api_key_secrets (
  hash text primary key,
  name text not null references api_keys (name),
  created_at integer not null,
  valid_until integer
) strict, without rowid;

create index api_key_secrets_of_key on api_key_secrets (name);

-- How many messages of a caller fall on a UTC day. Lifetime: as of send_days. Example: ('checkout', 20454, 812)
create table caller_days (
  caller text not null,
  day integer not null,
  sends integer not null,
  primary key (caller, day)
) strict, without rowid;

insert into caller_days (caller, day, sends)
select runs.caller, sends.at / 86400000, count(*) from sends join runs on runs.id = sends.run_id group by 1, 2;
