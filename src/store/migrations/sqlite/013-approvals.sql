-- What callers want to spend or to change, for a person to decide. digest is a keyed hash of the operation, the caller, the
-- exact arguments and the price; asked_sealed is JSON of what is asked, encrypted, because it names a number.
-- Lifetime: for ever; what was asked is erased with the numbers of that time. Example: ('3310c60f…', 'agent', 'buy-number', '9f86d081…', x'…', 'approved', 1765152000000,
-- 1765152600000, 'ops', 1765152060000, null, null)
create table approvals (
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

create index approvals_by_digest on approvals (digest, expires_at);
create index approvals_of_caller on approvals (caller, expires_at);
create index approvals_to_erase on approvals (expires_at) where asked_sealed is not null;
create index approvals_by_time on approvals (created_at desc, id desc);

-- What an order of a number costs at once, in millionths of a euro. Lifetime: for ever; an order that is refused has none.
-- Example: ('9f86d081…', 'agent', 1765152000000, 2500000)
create table spends (
  order_id text primary key,
  caller text not null,
  at integer not null,
  micros integer not null
) strict, without rowid;

-- What was spent in a UTC day or month, by a caller or in all (caller is empty), in millionths of a euro.
-- Lifetime: for ever. Example: ('', '2026-01', 12500000)
create table spend_totals (
  caller text not null,
  period text not null,
  micros integer not null,
  primary key (caller, period)
) strict, without rowid;
