import { parseArgs } from 'node:util'
import { ConfigError } from '../settings.ts'
import { StoreRefusal } from '../store/store.ts'
import { version } from '../version.ts'
import { approvals } from './approvals.ts'
import { audit } from './audit.ts'
import { type Command, CommandFailure, print, say, UsageError } from './command.ts'
import { dataKeys } from './data-keys.ts'
import { doctor } from './doctor.ts'
import { forget } from './forget.ts'
import { guard } from './guard.ts'
import { keys } from './keys.ts'
import { mcp } from './mcp.ts'
import { openapi } from './openapi.ts'
import { policy } from './policy.ts'
import { restoreCheck } from './restore-check.ts'
import { serve } from './serve.ts'
import { simulator } from './simulator.ts'
import { verifications } from './verifications.ts'
import { webhooks } from './webhooks.ts'

const commands: readonly Command[] = [
  serve,
  simulator,
  mcp,
  keys,
  approvals,
  policy,
  guard,
  audit,
  doctor,
  verifications,
  forget,
  dataKeys,
  restoreCheck,
  webhooks,
  openapi,
]

/** Runs what the words after `tollgate` say, and sets the exit code: 1 for what is in the way, 2 for a wrong call. */
export async function runCommand(words: string[]): Promise<void> {
  try {
    await dispatch(words)
  } catch (error) {
    if (error instanceof UsageError) return fail(`${error.message} (tollgate --help lists the commands)`, 2)
    const isExpected = error instanceof ConfigError || error instanceof StoreRefusal || error instanceof CommandFailure
    if (!isExpected) throw error
    fail(error.message, 1)
  }
}

async function dispatch(words: string[]): Promise<void> {
  const [first, ...rest] = words
  if (first === '--version' || first === '-v') return print(version)
  if (first === '--help' || first === '-h' || first === 'help') return print(overview())
  const isNamed = first !== undefined && !first.startsWith('-')
  const command = isNamed ? commands.find(({ name }) => name === first) : serve
  if (!command) throw new UsageError(`there is no command ${JSON.stringify(first)}`)
  const { values, positionals } = parse(command, isNamed ? rest : words)
  if (values.help) return print(helpOf(command))
  await command.run({ words: positionals, options: values, env: process.env })
}

function parse(
  command: Command,
  args: string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const options = { help: { type: 'boolean', short: 'h' } as const, ...command.options }
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    return { values, positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function fail(message: string, code: number): void {
  say(message)
  process.exitCode = code
}

function overview(): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length))
  const lines = commands.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`)
  return `tollgate ${version}: a phone-verification gateway over Vonage Verify and Numbers.

Usage: tollgate [command]

Commands:
${lines.join('\n')}

  --help             This text, or a command's own: tollgate serve --help
  --version          The version

Without credentials it starts as a sandbox on a simulated Vonage: nothing is sent
and nothing costs money. Settings come from the environment; the README lists them.`
}

function helpOf({ usage, summary, help }: Command): string {
  return `Usage: tollgate ${usage}\n\n${summary}\n\n${help}`
}
