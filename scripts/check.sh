#!/bin/sh
# Runs every check, also after one has failed, and says at the end which failed.
set -eu
cd "$(dirname "$0")/.."
"${npm_node_execpath:-node}" scripts/setup.mjs test
PATH="$PWD/node_modules/.bin:$PWD/test/node_modules/.bin:$PATH"
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
failed=

step() {
  name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@" || failed="$failed, $name"
}

openapi() {
  folder=$(mktemp -d)
  node src/main.ts openapi >"$folder/openapi.json" && redocly lint --config test/redocly.yaml "$folder/openapi.json"
  status=$?
  rm -r "$folder"
  return $status
}

step 'format and lint' biome check --error-on-warnings
step types tsc
step 'dead code' knip
step 'OpenAPI document' openapi
step 'import directions' node --test test/architecture.test.ts

if [ -n "$failed" ]; then
  printf '\ntollgate: failed: %s\n' "${failed#, }" >&2
  exit 1
fi
printf '\ntollgate: all checks passed\n'
