#!/bin/sh
# Starts the gateway from its sources on the project's own Node. No shell may stay between npm and it, or a SIGTERM would end the
# shell and leave the gateway: hence `exec` here and in package.json.
set -eu
cd "$(dirname "$0")/.."
# npm puts node_modules/.bin first on the PATH; set-up must run on the Node that npm itself runs on.
"${npm_node_execpath:-node}" scripts/setup.mjs
# The young generation at its usual size from the start, rather than growing to it: less is collected under load, for a little
# more resident memory (npm run bench -- comparison footprint).
exec ./node_modules/.bin/node --max-semi-space-size=16 --min-semi-space-size=16 src/main.ts "$@"
