create table guard_levels (
  scope text primary key,
  state text not null,
  touched_at bigint not null
);

alter table decisions add column counted integer not null default 0;
alter table known_people add column counted_day integer not null default 0;
alter table decisions add column held_out integer not null default 0;
create index decisions_held_out on decisions (at) where held_out = 1;
