#!/bin/sh
# Runs all tests, or those named: `npm test -- src/clock.test.ts`, `npm test -- --test-name-pattern=wrong`.
set -eu
cd "$(dirname "$0")/.."
"${npm_node_execpath:-node}" scripts/setup.mjs test
files=all
for argument in "$@"; do
  case $argument in -*) ;; *) files=named ;; esac
done
[ $files = named ] || set -- "$@" 'src/**/*.test.ts' 'test/*.test.ts'
# The time limit, in milliseconds, ends a test that hangs, so that a run says which one it was.
limit=600000
[ -z "${TOLLGATE_TEST_FULL:-}" ] || limit=3600000
exec ./node_modules/.bin/node --test --test-timeout=$limit --test-reporter=./scripts/test-reporter.mjs "$@"
