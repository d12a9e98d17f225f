#!/bin/sh
# Starts the gateway from its sources on the project's own Node. No shell may stay between npm and it, or a SIGTERM would end the
# shell and leave the gateway: hence `exec` here and in package.json.
set -eu
cd "$(dirname "$0")/.."
# npm puts node_modules/.bin first on the PATH; set-up must run on the Node that npm itself runs on.
"${npm_node_execpath:-node}" scripts/setup.mjs
# Half the usual young generation: requests leave little behind, and noticeably less memory stays resident (npm run bench).
exec ./node_modules/.bin/node --max-semi-space-size=8 src/main.ts "$@"
