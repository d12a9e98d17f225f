-- How many messages fall on a UTC day, whomever they go to, so that the day's cap costs one row however many there are.
-- Lifetime: for ever, a row a day. Example (day is counted from 1970-01-01):
-- (20454, 812)
create table send_days (
  day integer primary key,
  sends integer not null
) strict;

insert into send_days (day, sends) select at / 86400000, count(*) from sends group by 1;
drop index sends_by_time;

-- In words that every engine knows.
drop index runs_due;
create index runs_due on runs (coalesce(check_look_at, case when cancel_at < expires_at then cancel_at else expires_at end))
where state <> 'ended' or check_look_at is not null;
