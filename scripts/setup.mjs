// Installs what a command needs when it is missing or stale; otherwise costs a hash of the lock file.
// `setup.mjs` prepares the program, `setup.mjs test` the program and its test tools.
// Only Node's own modules here: it runs before anything is installed, on whatever Node there is.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const oldestNode = 20
const oldestNpm = 10

// What a person waits for; measured on Linux, x64, with an empty npm cache.
const program = { dir: root, what: 'tollgate and its own Node', size: '80 MB to download, 260 MB on disk' }
const testTools = { dir: join(root, 'test'), what: 'the test tools', size: '220 MB to download, 460 MB on disk' }

async function setup({ test = false } = {}) {
  demand('Node', process.versions.node, oldestNode)
  await install(program, checkOwnNode)
  if (test) await install(testTools)
}

async function install({ dir, what, size }, check = () => {}) {
  const stamp = join(dir, 'node_modules', '.installed-from')
  const wanted = fingerprint(dir)
  if (read(stamp) === wanted) return

  const release = await takeTurn(dir)
  try {
    if (read(stamp) === wanted) return
    demand('npm', npm(['--version'], dir).trim(), oldestNpm)
    rmSync(stamp, { force: true })
    say(`installing ${what} (${size}) …`)
    const started = Date.now()
    await npmCi(dir)
    check()
    // Last of all, so that an install that was interrupted is done again.
    writeFileSync(stamp, wanted)
    say(`installed in ${Math.round((Date.now() - started) / 1000)} s`)
  } finally {
    release()
  }
}

// The platform is part of it, because a folder shared with a container or copied to another machine holds the wrong binaries.
function fingerprint(dir) {
  const lock = createHash('sha256')
    .update(readFileSync(join(dir, 'package-lock.json')))
    .digest('hex')
  return `${process.platform}-${process.arch} ${lock}`
}

// Two commands started at once in a fresh clone must not install over each other. The holder touches the file every second, so
// that one left behind by a killed process is recognised by its age.
async function takeTurn(dir) {
  const file = join(dir, '.installing')
  for (let waited = false; ; waited = true) {
    try {
      closeSync(openSync(file, 'wx'))
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (Date.now() - modified(file) > 10_000) {
      rmSync(file, { force: true })
      continue
    }
    if (!waited) say('another command is installing; waiting for it …')
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const touch = setInterval(() => utimesSync(file, new Date(), new Date()), 1_000)
  return () => {
    clearInterval(touch)
    rmSync(file, { force: true })
  }
}

function npmCi(dir) {
  const args = ['ci', '--include=dev', '--engine-strict=false']
  const child = spawn('npm', args, { cwd: dir, env: npmEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const started = Date.now()
  let interrupted = false
  const interrupt = (received) => {
    interrupted = true
    child.kill(received)
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const hint = setInterval(() => say(`still installing (${Math.round((Date.now() - started) / 1000)} s) …`), 15_000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(hint)
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
      if (interrupted) return reject(new SetupError('the installation was interrupted; the next start does it again.'))
      if (code === 0) return resolve()
      process.stderr.write(gist(output))
      reject(new SetupError(`npm ci failed in ${dir} (${signal ?? `exit code ${code}`}); npm's own words are above.`))
    })
  })
}

// npm follows the reason with its whole manual page, and precedes it with warnings about the Node that runs it.
function gist(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== 'npm error' && !line.startsWith('npm warn'))
  return `${lines.slice(0, 12).join('\n').trim()}\n`
}

function checkOwnNode() {
  const wanted = `v${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node}`
  const binary = join(root, 'node_modules', '.bin', 'node')
  if (!existsSync(binary)) {
    throw new SetupError(
      `Node ${wanted} was not unpacked, because npm ran no install scripts (ignore-scripts is set); allow them here: npm_config_ignore_scripts=false npm start`,
    )
  }
  const found = versionOf(binary)
  if (found === wanted) return
  throw new SetupError(
    `the installed Node ${found ? `is ${found} instead of ${wanted}` : `${wanted} does not run on this machine (${process.platform} ${process.arch})`}; with a Node of your own, 24 or newer: npm ci --omit=dev && node src/main.ts`,
  )
}

function versionOf(binary) {
  try {
    return execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

function npm(args, cwd) {
  try {
    return execFileSync('npm', args, {
      cwd,
      env: npmEnvironment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    throw new SetupError('npm was not found or does not run; install Node 20 or newer with npm 10 or newer.')
  }
}

// `npm start` and `npm pack` hand their own flags on in the environment, and `--dry-run`, `--prefix` or `--json` would change what
// this install does. Only what says how to reach the registry, and whether scripts may run, is kept. The PATH loses the folders of
// node_modules, since npm must not run on the very Node that it replaces.
export function npmEnvironment() {
  const kept =
    /^npm_config_(registry|cache|userconfig|globalconfig|ca|cafile|cert|key|strict_ssl|ignore_scripts|(no|https?_)?proxy|.*offline|fetch_.*|maxsockets|@.*|\/\/.*)$/i
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)),
  )
  environment.PATH = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter)
  return environment
}

function demand(name, version, oldest) {
  if (Number.parseInt(version, 10) >= oldest) return
  throw new SetupError(`${name} ${version} is too old: setting tollgate up needs ${name} ${oldest} or newer.`)
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function modified(file) {
  try {
    return statSync(file).mtimeMs
  } catch {
    return Date.now()
  }
}

// Stdout belongs to the command that comes after.
function say(line) {
  process.stderr.write(`tollgate: ${line}\n`)
}

class SetupError extends Error {}

export async function setupOrExit(options) {
  try {
    await setup(options)
  } catch (error) {
    say(error instanceof SetupError ? error.message : `set-up failed: ${error.message}`)
    process.exit(1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setupOrExit({ test: process.argv.includes('test') })
