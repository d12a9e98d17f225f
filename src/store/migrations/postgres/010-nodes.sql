alter table runs add column is_cancelling integer not null default 0;

create index runs_sending on runs (sent_at) where state = 'sending';

-- Not worth a write-ahead log: what it knows is worth nothing after a second.
create unlogged table paces (
  name text primary key,
  state text not null
)
with (fillfactor = 10);
