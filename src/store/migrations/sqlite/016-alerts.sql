-- The last alert that was raised of what messages come to, by a country, prefix or caller. level: 1 warn, 2 alert, 3 act.
-- Lifetime: until the next one. Example: ('country', 'GB', 2, 1765152000000)
create table guard_alerts (
  kind text not null,
  name text not null,
  level integer not null,
  at integer not null,
  primary key (kind, name)
) strict, without rowid;
