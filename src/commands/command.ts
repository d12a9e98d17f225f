import type { Env } from '../settings.ts'

/** A command of the program. */
export interface Command {
  name: string
  /** How it is called, after `tollgate`. */
  usage: string
  /** One line for the list of commands. */
  summary: string
  /** The rest of its help. */
  help: string
  options?: Record<string, { type: 'boolean' | 'string'; short?: string }>
  run(call: CommandCall): Promise<void>
}

export interface CommandCall {
  /** What stands after the command's name, without options. */
  words: string[]
  options: Record<string, string | boolean | undefined>
  env: Env
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Something outside is in the way, and the message says what to do: exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** For people; standard output is for what programs read. */
export function say(text: string): void {
  process.stderr.write(`tollgate: ${text}\n`)
}
