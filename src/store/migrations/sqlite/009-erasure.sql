-- When a run ended, from which on its number is erased after a time that is set; for runs that ended before, as well as
-- their verifications tell.
-- Lifetime of a run from now on: the row stays, but an erased one holds nothing of the number: number_hash is the run's own
-- id, number_mask is **, number_sealed is null. Example of an erased run, its columns from id on and its last one:
-- ('0f…', 'local', 'Acme', '0f…', '**', null, …, 1767269100000)
alter table runs add column ended_at integer;
update runs set ended_at = coalesce((select max(ended_at) from verifications where run_id = runs.id), expires_at)
where state = 'ended';

-- A version that knows no ended_at may serve beside this one.
create index runs_to_erase on runs (coalesce(ended_at, expires_at)) where state = 'ended' and number_hash <> id;
create index runs_of_number on runs (number_hash) where state = 'ended' and number_hash <> id;

-- Events of webhooks, webhook_events.payload, hold no number from now on, so that they can't outlive its erasure: it is
-- added when they are sent. Example of a payload:
-- '{"type":"verification.verified","timestamp":"…","data":{"request_id":"9b…","state":"verified","brand":"Acme",…}}'

-- Lifetime of sends from now on: until no cap looks back at them any more, which is 25 hours after they went out, or an
-- hour more than the longest window of TOLLGATE_SENDS_PER_NUMBER.
create index sends_by_time on sends (at);

-- Numbers that are ordered are kept as those that are verified, under a keyed hash and encrypted, and what an update is to
-- set is encrypted too, since it may hold a number that calls go on to: msisdn is empty from now on and settings null, for
-- an earlier version that may serve beside this one. Until now numbers were ordered in sandboxes only, and those orders
-- are not encrypted afterwards.
-- Lifetime of an order: for ever, and settings_sealed until it is settled. But a refused one, whose number may be
-- anybody's, keeps nothing of it after the time that is set for runs: number_hash is its own id then and number_sealed is
-- null. Example of an update that waits for a look:
-- ('5e…', 'local', 'update', 'GB', '', 'unknown', 1767268800000, null, 1767268805000, null, 0, '7c…', x'…', x'…')
alter table number_orders add column number_hash text not null default '';
alter table number_orders add column number_sealed blob;
alter table number_orders add column settings_sealed blob;
delete from number_orders where state in ('intended', 'unknown');
update number_orders set msisdn = '', number_hash = id;
drop index number_orders_of_number;
create index number_orders_of_number on number_orders (number_hash, created_at);
create index number_orders_to_erase on number_orders (settled_at) where state = 'refused' and number_hash <> id;
