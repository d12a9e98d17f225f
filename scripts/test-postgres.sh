#!/bin/sh
# What gateways do on SQLite they do on PostgreSQL: the tests of their behaviour once more, on a real one.
set -eu
cd "$(dirname "$0")/.."
"${npm_node_execpath:-node}" scripts/setup.mjs test
export TOLLGATE_TEST_POSTGRES=1
# Not those that let hours pass: nodes look each second for what others have left to do.
for name in verifications sharing lost-checks races resend delivery numbers list settled idempotency-door idempotency-lost; do
  set -- "$@" "test/$name.test.ts"
done
exec ./node_modules/.bin/node --test --test-timeout=600000 --test-reporter=./scripts/test-reporter.mjs "$@"
