create table approvals (
  id text primary key,
  caller text not null,
  operation text not null,
  digest text not null,
  asked_sealed bytea,
  state text not null check (state in ('pending', 'approved', 'denied', 'used')),
  created_at bigint not null,
  expires_at bigint not null,
  decided_by text,
  decided_at bigint,
  order_id text,
  used_at bigint
);

create index approvals_by_digest on approvals (digest, expires_at);
create index approvals_of_caller on approvals (caller, expires_at);
create index approvals_to_erase on approvals (expires_at) where asked_sealed is not null;
create index approvals_by_time on approvals (created_at desc, id desc);

create table spends (
  order_id text primary key,
  caller text not null,
  at bigint not null,
  micros bigint not null
);

create table spend_totals (
  caller text not null,
  period text not null,
  micros bigint not null,
  primary key (caller, period)
);
