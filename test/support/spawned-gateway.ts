import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePorts } from './gateway.ts'

/** A gateway in a process of its own, so that it can die without a word. */
export async function spawnGateway(env: Record<string, string>) {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const child = spawn(process.execPath, [main], { env: { ...freePorts, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await exit
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const [, rest] = /REST +(http\S+)/.exec(line) ?? []
    if (rest) return { rest, kill, [Symbol.asyncDispose]: kill }
  }
  throw new Error('the gateway ended before it served')
}
