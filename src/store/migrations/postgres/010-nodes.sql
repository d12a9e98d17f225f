alter table runs add column is_cancelling integer not null default 0;

create index runs_sending on runs (sent_at) where state = 'sending';
