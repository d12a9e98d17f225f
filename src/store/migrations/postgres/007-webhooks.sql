-- What the webhooks tell: see SQLite's migration of the same name.
create table webhook_events (
  id text primary key,
  type text not null,
  subject text not null,
  sequence integer not null,
  at bigint not null,
  payload text not null
);

create unique index webhook_events_of_subject on webhook_events (subject, sequence);
create index webhook_events_by_time on webhook_events (at, id);

create table webhook_deliveries (
  event_id text not null references webhook_events (id),
  target text not null,
  state text not null check (state in ('pending', 'delivered', 'dead')),
  attempts integer not null,
  next_at bigint not null,
  give_up_at bigint,
  settled_at bigint,
  last_error text,
  primary key (event_id, target)
);

create index webhook_deliveries_due on webhook_deliveries (target, next_at) where state = 'pending';
