alter table runs add column country text not null default '';
alter table runs add column event_costs text not null default '';
alter table sends add column micros bigint not null default 0;
alter table send_days add column micros bigint not null default 0;
alter table caller_days add column micros bigint not null default 0;
alter table decisions add column micros bigint not null default 0;

create table country_days (
  country text not null,
  day integer not null,
  sends integer not null,
  micros bigint not null,
  primary key (country, day)
);

create table told_prices (
  country text not null,
  channel text not null check (channel in ('sms', 'tts')),
  micros bigint not null,
  at bigint not null,
  primary key (country, channel)
);
