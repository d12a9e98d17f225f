-- A check of a run whose answer is not there yet, or never came: what was asked, so that Vonage's record can tell what
-- became of it. The code is here as a keyed hash only.
-- Lifetime: check_* are cleared when the check is answered or settled, and a minute later when it was settled as right:
-- until then the same code given again is told so. Example of a run with such a check, its last columns:
-- (…, 1, '9b…', '5f…', 1767268800000, 1767268801000)
alter table runs add column checks_seen integer not null default 0;
alter table runs add column check_verification text;
alter table runs add column check_code text;
alter table runs add column check_asked_at integer;
alter table runs add column check_look_at integer;

-- What falls due next on a run: a look at its check, else its cancel or its end.
drop index runs_due;
alter table runs drop column checking_until;
create index runs_due on runs (coalesce(check_look_at, min(expires_at, coalesce(cancel_at, expires_at))))
where state <> 'ended' or check_look_at is not null;
