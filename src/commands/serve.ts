import { type Config, readConfig } from '../config.ts'
import type { Started } from '../gateway.ts'
import { version } from '../version.ts'
import { type Command, CommandFailure, print, UsageError } from './command.ts'

export const serve: Command = {
  name: 'serve',
  usage: 'serve',
  summary: 'Serve REST, MCP and, as a sandbox, a simulated Vonage (the default).',
  help: `Ports and everything else come from the environment:

  VONAGE_API_KEY, VONAGE_API_SECRET   with both, it is live: messages are sent and cost money
  TOLLGATE_COUNTRIES                  live: regions that get codes, such as GB,US
  TOLLGATE_DAILY_SENDS                live: messages a day, in all
  TOLLGATE_REST_PORT                  8082
  TOLLGATE_MCP_PORT                   9092
  TOLLGATE_SIMULATOR_PORT             8083
  TOLLGATE_DATA_DIR                   ./data: the ledger and its keys

The README lists all of them. Logs go to standard error, a line of JSON each.
SIGTERM and SIGINT stop accepting, finish what runs (10 seconds at most) and close the ledger.
SIGHUP reads the policy again (tollgate policy --help).`,
  async run({ words, env }) {
    if (words.length > 0) throw new UsageError(`serve takes no words, such as ${JSON.stringify(words[0])}`)
    const config = readConfig(env)
    // Only now, as all commands do: what one of them needs would weigh on the others.
    const { createGateway } = await import('../gateway.ts')
    const gateway = createGateway(config)
    try {
      print(banner(config, await gateway.start()))
    } catch (error) {
      await gateway.close()
      throw cannotListen(error) ?? error
    }
    const stop = async () => {
      await gateway.close()
      process.exit()
    }
    // Not before: a start blocks, and what is asked to stop in the middle of one may end as after a crash.
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    process.on('SIGHUP', () => void gateway.reloadPolicy())
  },
}

/** A port that can't be listened on: the system's error, with what to do about it. */
export function cannotListen(error: unknown): CommandFailure | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'listen') return undefined
  if (!isPortInUse(error)) return new CommandFailure(`${error.message}: set TOLLGATE_HOST or another port`)
  const advice = 'stop what listens there, or set TOLLGATE_REST_PORT, TOLLGATE_MCP_PORT or TOLLGATE_SIMULATOR_PORT'
  return new CommandFailure(`port ${error.port} is in use: ${advice}`)
}

export function isPortInUse(error: unknown): error is Error & { port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error
}

/** What a start prints. */
export function banner({ mode, vonage }: Config, { rest, mcp, simulator, isClosed, sendsHeldUntil }: Started): string {
  const what = {
    sandbox: 'sandbox: nothing is sent and nothing costs money',
    live: 'live: messages are sent and cost money',
  }
  const example = { number: '+44 7700 900123', brand: 'Acme' }
  const lines = [
    `tollgate ${version}, ${what[mode]}`,
    '',
    `  REST    ${rest}    (reference: ${rest}/docs)`,
    `  MCP     ${mcp}`,
    simulator
      ? `  Vonage  ${simulator}    (simulated; codes arrive at ${simulator}/inbox)`
      : `  Vonage  ${vonage.apiHost}`,
  ]
  if (sendsHeldUntil !== undefined) {
    lines.push('', `No message is sent until ${new Date(sendsHeldUntil).toISOString()}: the ledger was restored.`)
  }
  if (mode === 'sandbox') {
    const key = isClosed ? ` -H "Authorization: Bearer $TOLLGATE_KEY"` : ''
    const curl = `curl -s ${rest}/v1/verifications${key} -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`
    lines.push('', 'Send a first code:', '', `  ${curl}`)
  }
  return `${lines.join('\n')}\n`
}
