-- An order without an answer is settled by looks at the owned numbers: when the next one is due (at first when its caller
-- must have an answer), what an update was to set, and whether a look settled it after its caller was told that nobody
-- knows. Nothing tells of older updates what they were to set, so that repeats set it anew.
-- Lifetime: look_at and settings are cleared when the order is settled. Example of an update that waits for a look, its
-- last columns:
-- (…, 'unknown', 1767268800000, null, 1767268805000, '{"moHttpUrl":"https://acme.example/in"}', 0)
alter table number_orders add column look_at bigint;
alter table number_orders add column settings text;
alter table number_orders add column untold integer not null default 0 check (untold in (0, 1));

update number_orders set state = 'refused', settled_at = created_at
where action = 'update' and state in ('intended', 'unknown');
update number_orders set look_at = created_at where state in ('intended', 'unknown');

create index number_orders_due on number_orders (look_at) where look_at is not null;
