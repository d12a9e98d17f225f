#!/bin/sh
# Holds the simulated Vonage against what Vonage answered and against its documents, which are not ours to keep here.
set -eu
if [ $# -ne 1 ] || [ ! -d "$1/fixtures" ] || [ ! -d "$1/openapi" ]; then
  echo 'tollgate: test:recorded needs a folder with fixtures/ and openapi/: npm run test:recorded -- FOLDER' >&2
  exit 1
fi
TOLLGATE_TEST_RECORDED=$(cd "$1" && pwd)
export TOLLGATE_TEST_RECORDED
cd "$(dirname "$0")/.."
"${npm_node_execpath:-node}" scripts/setup.mjs test
exec ./node_modules/.bin/node --test --test-timeout=600000 --test-reporter=./scripts/test-reporter.mjs 'test/recorded/*.test.ts'
