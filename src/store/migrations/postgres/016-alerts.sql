create table guard_alerts (
  kind text not null,
  name text not null,
  level integer not null,
  at bigint not null,
  primary key (kind, name)
);
