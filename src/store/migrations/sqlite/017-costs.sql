-- What messages are expected to cost, in millionths of a euro: each message; all of a UTC day in total, of a caller and of a
-- country ('' for numbers of none). event_costs of a run: of each message that its workflow can have, in their order.
-- Example: runs.event_costs '65000,110000'; country_days ('GB', 20431, 12, 780000). Lifetime: as their rows; days stay.
alter table runs add column country text not null default '';
alter table runs add column event_costs text not null default '';
alter table sends add column micros integer not null default 0;
alter table send_days add column micros integer not null default 0;
alter table caller_days add column micros integer not null default 0;
alter table decisions add column micros integer not null default 0;

create table country_days (
  country text not null,
  day integer not null,
  sends integer not null,
  micros integer not null,
  primary key (country, day)
) strict, without rowid;

-- What a message has cost by Vonage's own answers, the last that told. Lifetime: none.
-- Example: ('GB', 'sms', 41000, 1765152000000)
create table told_prices (
  country text not null,
  channel text not null check (channel in ('sms', 'tts')),
  micros integer not null,
  at integer not null,
  primary key (country, channel)
) strict, without rowid;
