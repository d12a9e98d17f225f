-- is_cancelling: Vonage is being told to cancel the run, so nobody may join it any more.
-- Lifetime: from shortly before Vonage is told until it has answered.
alter table runs add column is_cancelling integer not null default 0;

create index runs_sending on runs (sent_at) where state = 'sending';
