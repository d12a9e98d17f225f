-- is_cancelling: Vonage is being told to cancel the run, so nobody may join it any more.
-- Lifetime: from shortly before Vonage is told until it has answered.
alter table runs add column is_cancelling integer not null default 0;

create index runs_sending on runs (sent_at) where state = 'sending';

-- When calls to Vonage began in the last second, for nodes that share its account.
-- Lifetime: for ever, a row for each of Vonage's rates. Example:
-- ('verify', '{"slots":[[35345376012,3]],"checksWaitUntil":0}')
create table paces (
  name text primary key,
  state text not null
) strict, without rowid;
