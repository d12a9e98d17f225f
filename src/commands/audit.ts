import { auditTrail, BrokenAudit, verifyAudit } from '../audit.ts'
import { readLedgerConfig } from '../config.ts'
import { openLedgerBeside } from '../ledger.ts'
import { createLog } from '../log.ts'
import type { AuditEntry, AuditHead, Store } from '../store/store.ts'
import { type Command, type CommandCall, CommandFailure, print, say, UsageError } from './command.ts'

export const audit: Command = {
  name: 'audit',
  usage: 'audit verify | export',
  summary: 'Follow the record of what was administered and spent, or write it out.',
  help: `  audit verify [--kept <sequence>:<hash>]   finds any change, removal or reordering
  audit export                              one entry a line, as JSON, the first one first

Each entry carries the hash of the one before it. verify prints the head of the chain: keep it somewhere that
who can write to the ledger can't reach. Given as --kept later, it shows that the chain was not written anew.
May run beside gateways that serve the same ledger.`,
  options: { kept: { type: 'string' } },
  async run(call) {
    const act = read(call)
    const config = readLedgerConfig(call.env)
    const { store } = await openLedgerBeside(config, createLog(config.logLevel))
    try {
      await act(store)
    } catch (error) {
      throw error instanceof BrokenAudit ? new CommandFailure(`the audit is broken: ${error.message}`) : error
    } finally {
      await store.close()
    }
  },
}

function read({ words, options: { kept } }: CommandCall): (store: Store) => Promise<void> {
  const [action, ...more] = words
  if (more.length === 0 && action === 'export' && kept === undefined) return exportAll
  if (more.length === 0 && action === 'verify') {
    const head = kept === undefined ? undefined : readHead(String(kept))
    return (store) => verify(store, head)
  }
  throw new UsageError('call it as audit verify [--kept <sequence>:<hash>] or audit export')
}

function readHead(text: string): AuditHead {
  const [, sequence, hash = ''] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  if (sequence !== undefined) return { sequence: Number(sequence), hash }
  throw new UsageError('--kept is a head that verify has printed: <sequence>:<hash>')
}

async function verify(store: Store, kept: AuditHead | undefined): Promise<void> {
  const head = await verifyAudit(store, kept)
  if (!head) return say('the audit is empty')
  print(`${head.sequence}:${head.hash}`)
  say(`the chain is whole, ${head.sequence} entries long; keep its head elsewhere`)
}

async function exportAll(store: Store): Promise<void> {
  for await (const entry of auditTrail(store)) print(JSON.stringify(shown(entry)))
}

function shown({ at, details, ...entry }: AuditEntry): object {
  return { ...entry, at: new Date(at).toISOString(), details: JSON.parse(details) }
}
