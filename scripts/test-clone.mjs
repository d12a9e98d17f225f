// Tries what the README promises: a fresh clone starts with one command, answers soon, and stops cleanly.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshSettings, startProcess, stopCleanly, waitForAnswer } from './gateways.mjs'
import { npmEnvironment } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tollgate-clone-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const clone = join(folder, 'tollgate')
const cache = join(folder, 'cache')

execFileSync('git', ['clone', '--quiet', '--no-local', root, clone])
if (run('git', ['-C', root, 'status', '--porcelain']) !== '') say('uncommitted changes are not in the clone')

// With a cache of its own, npm downloads everything, as on a machine that has never seen the project.
say(`first start, with the installation: ${seconds(await startAndStop({ npm_config_cache: cache }))}`)
say(`downloaded ${megabytes(cache)}, installed ${megabytes(join(clone, 'node_modules'))}`)
say(`next start, to the first answer: ${seconds(await startAndStop({}))}`)
if (run('git', ['-C', clone, 'status', '--porcelain']) !== '')
  throw new Error(`starting left files that git sees:\n${run('git', ['-C', clone, 'status', '--short'])}`)
say('the clone works')

async function startAndStop(extra) {
  const { settings, rest, ports } = await freshSettings(join(folder, 'data'))
  const started = Date.now()
  const gateway = startProcess('npm', ['start'], { cwd: clone, env: { ...npmEnvironment(), ...settings, ...extra } })
  await waitForAnswer(`${rest}/healthz`, gateway, 300_000)
  const answered = Date.now() - started
  for (const port of ports) await waitForAnswer(`http://127.0.0.1:${port}/`, gateway, 5_000, () => true)
  await stopCleanly(gateway)
  for (const port of ports) if (await listens(port)) throw new Error(`something still listens on port ${port}`)
  return answered
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

function run(command, args) {
  return execFileSync(command, args, { encoding: 'utf8' }).trim()
}

function megabytes(path) {
  return `${run('du', ['-sm', path]).split('\t')[0]} MB`
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`
}

function say(line) {
  console.log(`clone: ${line}`)
}
