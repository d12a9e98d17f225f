-- What a caller gave to be repeated in the signed result of this one verification. Example of such a verification, its
-- last columns: (…, 'k3Jx9QmB', 'login')
-- runs.number_sealed stays when a run ends from now on: the signed result names the number.
alter table verifications add column nonce text;
alter table verifications add column purpose text;

-- Keys that results are signed with, each for a span of time. The private half is encrypted with the data keys.
-- Lifetime: from a day before signs_from (a quarter of the span, if that is less) until an hour after the last result
-- signed with it has expired. Example:
-- ('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', '{"kty":"EC",…}', x'…', 1765152000000, 1767744000000)
create table signing_keys (
  kid text not null,
  public_jwk text not null,
  private_sealed blob not null,
  signs_from integer not null,
  signs_until integer not null,
  primary key (signs_from, signs_until)
) strict, without rowid;
