import { type Approvals, type ApprovalView, createApprovals, type Decision } from '../access/approvals.ts'
import { demandScope } from '../access/caller.ts'
import { createDoor } from '../access/door.ts'
import { GatewayError } from '../errors.ts'
import { isLoopbackHost } from '../loopback.ts'
import { readMode } from '../mode.ts'
import { newId } from '../new-id.ts'
import { type Env, given } from '../settings.ts'
import { type Beside, beside } from './beside.ts'
import { type Command, type CommandCall, CommandFailure, print, say, UsageError } from './command.ts'
import { operator } from './operator.ts'

export const approvals: Command = {
  name: 'approvals',
  usage: 'approvals list | approve | deny',
  summary: 'Decide what callers may buy, change or release.',
  help: `  approvals list           what waits for a decision, one a line, as JSON, the newest first
  approvals approve <id>   good for the exact arguments and price, for ten minutes from the asking, once
  approvals deny <id>

  TOLLGATE_KEY   an admin key; not that of the caller who asks

Only in a sandbox on loopback in which there has never been a key is none needed. May run beside a gateway
that serves the same ledger.`,
  async run(call) {
    const act = read(call)
    try {
      await beside(call.env, async (ledger) => {
        const by = await approver(call.env, ledger)
        const { store, clock, keys } = ledger
        await act(createApprovals({ store, clock, keys, newId: () => newId(clock.now()), address: () => '' }), by)
      })
    } catch (error) {
      throw error instanceof GatewayError ? new CommandFailure(error.message) : error
    }
  },
}

type Act = (approvals: Approvals, by: { id: string }) => Promise<void>

function read({ words }: CommandCall): Act {
  const [action, id, ...more] = words
  if (action === 'list' && id === undefined) return listPending
  const isDecision = (action === 'approve' || action === 'deny') && id !== undefined && more.length === 0
  if (isDecision) return (service, by) => decide(service, id, action, by)
  throw new UsageError('call it as approvals list, approvals approve <id> or approvals deny <id>')
}

/** Whose decision it is. Throws for who shows no admin key where one is needed. */
async function approver(env: Env, { store, clock, log }: Beside): Promise<{ id: string }> {
  const { mode, host } = readMode(env)
  const door = createDoor({ store, clock, mode, log })
  if (!(await door.isClosed())) {
    if (mode === 'sandbox' && isLoopbackHost(host)) return { id: operator() }
    throw new CommandFailure('only an admin key decides: tollgate keys create --name ops --scopes admin makes one')
  }
  const key = given(env, 'TOLLGATE_KEY')
  if (!key) throw new CommandFailure('TOLLGATE_KEY is not set: an admin key decides')
  const caller = await door.admit(`Bearer ${key.reveal()}`)
  demandScope(caller, 'admin')
  return caller
}

async function listPending(service: Approvals, by: { id: string }): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await service.list({ state: 'pending', cursor, limit: 100 }, by)
    for (const approval of page.approvals.filter(({ state }) => state === 'pending')) print(JSON.stringify(approval))
    cursor = page.next_cursor
  } while (cursor !== undefined)
}

async function decide(service: Approvals, id: string, decision: Decision, by: { id: string }): Promise<void> {
  const decided: ApprovalView = await service.decide(id, decision, by)
  print(JSON.stringify(decided))
  say(decision === 'approve' ? `approved; ${decided.caller} may do it now, once` : 'denied')
}
