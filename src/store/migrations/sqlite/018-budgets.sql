-- What is known of the messages of a country, prefix, address, key, or of all, as guard/level.ts has it: unverified money and
-- how it usually goes. Lifetime: 3 days after touched_at for addresses and prefixes, 90 days for the others; the one of all stays.
-- Example: ('country:GB', '[1,[80000,1765152000000,0],[0,0,1765152000000],[],[[1765152000000,40000,0,0,0]],[[20431,7,3,120000]],[]]',
-- 1765152000000)
create table guard_levels (
  scope text primary key,
  state text not null,
  touched_at integer not null
) strict, without rowid;

-- counted: whether the levels hold what it costs.
alter table decisions add column counted integer not null default 0;
-- counted_day: the UTC day on which the pair was counted last among those that a country's usual traffic is made of.
alter table known_people add column counted_day integer not null default 0;
-- held_out: let through although a budget had it challenged, so that it is seen whom that would have harmed.
alter table decisions add column held_out integer not null default 0;
create index decisions_held_out on decisions (at) where held_out = 1;
