-- What the webhooks tell, written in the transaction that changes what it is about. Only where addresses are configured.
-- The payload is what is sent: a masked number, no code.
-- Lifetime: 7 days after `at` once it is delivered everywhere, 30 days after it in any case. Example:
-- ('msg_9b…_2', 'verification.verified', '9b…', 2, 1767268830000, '{"type":"verification.verified",…}')
create table webhook_events (
  id text primary key,
  type text not null,
  subject text not null,
  sequence integer not null,
  at integer not null,
  payload text not null
) strict, without rowid;

create unique index webhook_events_of_subject on webhook_events (subject, sequence);
create index webhook_events_by_time on webhook_events (at, id);

-- Each event once for each address. Whoever sends it has it until next_at; then it falls due again.
-- Lifetime: a delivered one 7 days after its event, any other 30 days after it. Example:
-- ('msg_9b…_2', 'https://example.com/hooks', 'pending', 3, 1767268850000, 1767355230000, null, 'HTTP 500')
create table webhook_deliveries (
  event_id text not null references webhook_events (id),
  target text not null,
  state text not null check (state in ('pending', 'delivered', 'dead')),
  attempts integer not null,
  next_at integer not null,
  give_up_at integer,
  settled_at integer,
  last_error text,
  primary key (event_id, target)
) strict, without rowid;

create index webhook_deliveries_due on webhook_deliveries (target, next_at) where state = 'pending';
