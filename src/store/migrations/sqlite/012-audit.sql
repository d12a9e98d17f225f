-- Administrative and spending actions. details is JSON without secrets and whole numbers. hash is the SHA-256 of the entry
-- with the hash of the one before it, so that a change, a removal or a reordering shows.
-- Lifetime: for ever. Example:
-- (2, 1765152000000, 'operator:root', 'key.created', 'checkout', '{"scopes":["verify"]}', '5feceb66…', '6b86b273…')
create table audit (
  sequence integer primary key,
  at integer not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null,
  previous text not null,
  hash text not null
) strict;

-- Where the audit ends: one row, which whoever appends takes first. Lifetime: for ever. Example: ('audit', 2, '6b86b273…')
create table audit_head (
  name text primary key,
  sequence integer not null,
  hash text not null
) strict, without rowid;
