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
# The time limit ends a test that hangs, so that a run says which one it was.
exec ./node_modules/.bin/node --test --test-timeout=600000 --test-reporter=./scripts/test-reporter.mjs "$@"
