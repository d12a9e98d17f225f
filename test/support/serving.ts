import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ended, run } from './process.ts'

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const path = { PATH: process.env.PATH ?? '' }

/** Runs `tollgate <words>` to its end, with nothing in its environment but this. */
export function tollgate(words: string[], env: Record<string, string> = {}): Promise<Ended> {
  return run(process.execPath, [program, ...words], { ...path, ...env })
}

export interface Served extends AsyncDisposable {
  pid: number
  /** What it has printed on standard output. */
  banner: string
  /** The addresses in the banner, in its order. */
  addresses: string[]
  /** Everything on standard error so far. */
  stderr: () => string
  /** Resolves with the exit code, or with the signal that ended it. */
  ended: Promise<number | string | null>
  signal(name: NodeJS.Signals): void
}

/** Starts `tollgate <words>`, in a folder; whoever calls this ends it. */
export function start(words: string[], env: Record<string, string>, cwd?: string) {
  return spawn(process.execPath, [program, ...words], {
    env: { ...path, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Starts `tollgate <words>` and resolves when its banner is complete, which is when it answers. Disposing kills it. */
export async function serve(words: string[], env: Record<string, string>, cwd?: string): Promise<Served> {
  const child = start(words, env, cwd)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code)
  const banner = await Promise.race([
    printed(child),
    ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${stderr}`))),
  ])
  return {
    pid: child.pid ?? 0,
    banner,
    addresses: [...banner.matchAll(/^ {2}(?:REST|MCP|Vonage|API) +(http\S+)/gm)].map(([, address = '']) => address),
    stderr: () => stderr,
    ended,
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The banner ends with an empty line. */
async function printed({ stdout }: ChildProcess): Promise<string> {
  let banner = ''
  if (stdout === null) return banner
  for await (const text of stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    banner += text
    if (banner.endsWith('\n\n')) return banner
  }
  return new Promise(() => {})
}

/** A folder for a ledger, gone at the end. */
export function dataFolder(): { path: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
