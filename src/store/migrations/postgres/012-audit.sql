create table audit (
  sequence bigint primary key,
  at bigint not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null,
  previous text not null,
  hash text not null
);

create table audit_head (
  name text primary key,
  sequence bigint not null,
  hash text not null
);
