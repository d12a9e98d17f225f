import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a program to its end; the time limit stops one that hangs. Its environment is only what is given. */
export async function run(command: string, args: string[], env: Record<string, string>, input = ''): Promise<Ended> {
  const child = spawn(command, args, { env, stdio: 'pipe', timeout: 60_000, killSignal: 'SIGKILL' })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}
