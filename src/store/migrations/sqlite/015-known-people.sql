-- Pairs of a number and an account that were verified, by keyed hashes (the account's holds its caller). first_at to last_at: in
-- which time; lane_day, lane_sends: how many messages they had in a lane of their own on a UTC day; unverified: of those, how
-- many since they were verified last. Lifetime: 90 days after last_at.
-- Example: ('a9c1…', '77b0…', 1765152000000, 1765252000000, 20431, 1, 0)
create table known_people (
  number_hash text not null,
  account_hash text not null,
  first_at integer not null,
  last_at integer not null,
  lane_day integer not null,
  lane_sends integer not null,
  unverified integer not null,
  primary key (number_hash, account_hash)
) strict, without rowid;

create index known_people_to_erase on known_people (last_at);

-- in_lane: the message counts in such a lane, and not among those of its number.
alter table runs add column in_lane integer not null default 0;
alter table sends add column in_lane integer not null default 0;
alter table decisions add column in_lane integer not null default 0;
