create table api_keys (
  name text primary key,
  scopes text not null,
  bounds text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  last_used_at bigint,
  version bigint not null
);

create unique index api_keys_by_version on api_keys (version);

create table api_key_secrets (
  hash text primary key,
  name text not null references api_keys (name),
  created_at bigint not null,
  valid_until bigint
);

create index api_key_secrets_of_key on api_key_secrets (name);

create table caller_days (
  caller text not null,
  day integer not null,
  sends integer not null,
  primary key (caller, day)
)
-- One row of each caller is changed all day: room for its next versions on the same page.
with (fillfactor = 10);

insert into caller_days (caller, day, sends)
select runs.caller, sends.at / 86400000, count(*) from sends join runs on runs.id = sends.run_id group by 1, 2;
