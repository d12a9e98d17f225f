#!/usr/bin/env node
import * as nodeModule from 'node:module'

// Nothing else is imported by name before the version is known: an old Node would fail on it with a riddle.
const oldest = 24
if (Number.parseInt(process.versions.node, 10) < oldest) {
  process.stderr.write(`tollgate needs Node ${oldest} or newer; this is Node ${process.versions.node}\n`)
  process.exit(1)
}
nodeModule.enableCompileCache()
const { runCommand } = await import('./commands/run.ts')
await runCommand(process.argv.slice(2))
