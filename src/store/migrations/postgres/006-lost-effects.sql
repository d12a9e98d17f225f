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

-- The next message that Vonage was asked for while nobody knows whether it went out: what was asked (the run's next event,
-- or its cancel, so that a run with a new code takes its place), by which call, and when Vonage's record is looked at.
-- nexts_done holds the intents of the calls whose next message went out, with spaces between: a repeat finds its own.
-- Lifetime: next_* are cleared when it is known what became of the message, also on a run that has ended meanwhile.
-- Example of a run with such a message, its last columns:
-- (…, 'event', 'c4…', 1767268860000, 1767268865000, '')
alter table runs add column next_asks text check (next_asks in ('event', 'replacement'));
alter table runs add column next_intent text;
alter table runs add column next_asked_at bigint;
alter table runs add column next_look_at bigint;
alter table runs add column nexts_done text not null default '';

create index runs_next_due on runs (next_look_at) where next_look_at is not null;
