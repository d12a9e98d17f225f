// Tries the package as its users get it: packed, installed in an empty folder, started there, and called from a TypeScript program.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshSettings, startProcess, stopCleanly, waitForAnswer } from './gateways.mjs'
import { npmEnvironment, setupOrExit } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
await setupOrExit({ test: true })

const ownNode = join(root, 'node_modules', '.bin', 'node')
const folder = mkdtempSync(join(tmpdir(), 'tollgate-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const environment = npmEnvironment()
// Stands where an application's own Node would be, since node_modules/.bin holds more than a Node.
const onOwnNode = {
  ...environment,
  PATH: [join(root, 'node_modules', 'node', 'bin'), environment.PATH].join(delimiter),
}

const tarball = pack()
const application = install(tarball)
refusesAnOldNode()
await verifies()
say('the package works')

function pack() {
  const options = { cwd: root, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
  const [{ filename, files, unpackedSize }] = [
    JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', folder], options)),
  ].flat()
  const tarball = join(folder, filename)
  const strays = files.map(({ path }) => path).filter((path) => /\.test\.|^(src|test|scripts)\//.test(path))
  if (strays.length > 0) throw new Error(`the package holds ${strays.join(', ')}`)
  say(`packed ${files.length} files, ${kilobytes(statSync(tarball).size)} (${kilobytes(unpackedSize)} unpacked)`)
  return tarball
}

function install(tarball) {
  const application = join(folder, 'application')
  mkdirSync(application)
  writeFileSync(join(application, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const started = Date.now()
  execFileSync('npm', ['install', '--loglevel=error', tarball], {
    cwd: application,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  say(`installed in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return application
}

function refusesAnOldNode() {
  const version = execFileSync('node', ['--version'], { env: environment, encoding: 'utf8' }).trim()
  if (Number.parseInt(version.slice(1), 10) >= 24)
    return say(`not tried on an old Node: the one on the PATH is ${version}`)
  const { status, stdout, stderr } = spawnSync('./node_modules/.bin/tollgate', {
    cwd: application,
    env: environment,
    encoding: 'utf8',
    timeout: 10_000,
  })
  if (status !== 1 || stdout !== '' || stderr.trim().split('\n').length !== 1) {
    throw new Error(
      `on Node ${version} it should print one line and exit with 1, but exited with ${status}:\n${stdout}${stderr}`,
    )
  }
  say(`on Node ${version}: ${stderr.trim()}`)
}

async function verifies() {
  const { settings, rest, simulator } = await freshSettings(join(folder, 'data'))
  const started = Date.now()
  const gateway = startProcess('./node_modules/.bin/tollgate', [], {
    cwd: application,
    env: { ...onOwnNode, ...settings },
  })
  await waitForAnswer(`${rest}/readyz`, gateway, 15_000)
  say(`ready after ${Date.now() - started} ms`)

  compile()
  const env = { ...onOwnNode, TOLLGATE_URL: rest, TOLLGATE_INBOX_URL: `${simulator}/inbox/messages` }
  const answer = execFileSync('node', ['verify.js'], {
    cwd: application,
    env,
    encoding: 'utf8',
    timeout: 30_000,
  }).trim()
  if (answer !== 'verified') throw new Error(`examples/verify.ts printed ${answer}`)
  say('examples/verify.ts compiled and verified a number')

  await stopCleanly(gateway)
}

// Against the package's own declarations: the example compiles, and the same with a wrong field name does not.
function compile() {
  const example = readFileSync(join(root, 'examples', 'verify.ts'), 'utf8')
  const wrong = example.replace('number:', 'phone:')
  if (wrong === example) throw new Error('examples/verify.ts names no number')
  writeFileSync(join(application, 'verify.ts'), example)
  writeFileSync(join(application, 'wrong.ts'), wrong)
  cpSync(join(root, 'test', 'node_modules', '@types'), join(application, 'node_modules', '@types'), { recursive: true })
  cpSync(join(root, 'test', 'node_modules', 'undici-types'), join(application, 'node_modules', 'undici-types'), {
    recursive: true,
  })

  const good = typescript('verify.ts')
  if (good.status !== 0) throw new Error(`examples/verify.ts does not compile:\n${good.stdout}`)
  const bad = typescript('wrong.ts')
  if (bad.status === 0 || !bad.stdout.includes("'phone'"))
    throw new Error(`a wrong field name compiles:\n${bad.stdout}`)
  say(`with a wrong field name it does not compile: ${bad.stdout.trim().split('\n')[0]}`)
}

// As a stranger would call it: without skipLibCheck, so that the declarations themselves must be sound.
function typescript(file) {
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', '--ignoreConfig']
  const compiler = join(root, 'test', 'node_modules', '.bin', 'tsc')
  return spawnSync(ownNode, [compiler, ...options, file], { cwd: application, encoding: 'utf8' })
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`
}

function say(line) {
  console.log(`package: ${line}`)
}
