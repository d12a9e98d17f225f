create table known_people (
  number_hash text not null,
  account_hash text not null,
  first_at bigint not null,
  last_at bigint not null,
  lane_day integer not null,
  lane_sends integer not null,
  unverified integer not null,
  primary key (number_hash, account_hash)
);

create index known_people_to_erase on known_people (last_at);

alter table runs add column in_lane integer not null default 0;
alter table sends add column in_lane integer not null default 0;
alter table decisions add column in_lane integer not null default 0;
