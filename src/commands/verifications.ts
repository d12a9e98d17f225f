import { readLedgerConfig } from '../config.ts'
import { openLedgerBeside } from '../ledger.ts'
import { createLog } from '../log.ts'
import { type Command, CommandFailure, print, UsageError } from './command.ts'

export const verifications: Command = {
  name: 'verifications',
  usage: 'verifications show <request_id>',
  summary: 'Show what the ledger holds of a verification, Vonage’s own id with it.',
  help: `For support cases: Vonage asks for its own request id, which no answer of the gateway holds.
Prints JSON. May run beside a gateway that serves the same ledger.`,
  async run({ words, env }) {
    const [action, id, ...more] = words
    if (action !== 'show' || id === undefined || more.length > 0)
      throw new UsageError('call it as verifications show <request_id>')
    const config = readLedgerConfig(env)
    const { store: ledger } = await openLedgerBeside(config, createLog(config.logLevel))
    try {
      const verification = await ledger.verification(id)
      const run = verification && (await ledger.run(verification.runId))
      if (!verification || !run) throw new CommandFailure(`the ledger has no verification ${id}`)
      const shown = {
        request_id: verification.id,
        state: verification.state,
        caller: verification.caller,
        purpose: verification.purpose ?? null,
        tries: verification.tries,
        created_at: iso(verification.createdAt),
        ended_at: verification.endedAt === undefined ? null : iso(verification.endedAt),
        vonage_request_id: run.upstreamId ?? null,
        run: { state: run.state, brand: run.brand, number: run.numberMask, ...run.parameters, tries: run.tries },
        asked_at: iso(run.askedAt),
        expires_at: iso(run.expiresAt),
      }
      print(JSON.stringify(shown, null, 2))
    } finally {
      await ledger.close()
    }
  },
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
