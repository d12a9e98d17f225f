import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BrokenAudit, verifyAudit } from '../audit.ts'
import { readConfig } from '../config.ts'
import { examine, type Facts, type Finding } from '../doctor.ts'
import { openLedgerBeside } from '../ledger.ts'
import { createLog } from '../log.ts'
import { NoLedger, type Store } from '../store/store.ts'
import { type Command, print, say, UsageError } from './command.ts'

export const doctor: Command = {
  name: 'doctor',
  usage: 'doctor',
  summary: 'Say which rules the configuration breaks, and what to do.',
  help: `Looks at the settings and at the ledger, if there is one: at its keys and its audit. Prints a finding a line,
those that break a rule first, and ends with exit code 1 if there is one. docs/security.md says what each
setting does for NIST SP 800-63B-4 and the OWASP cheat sheets. May run beside gateways that serve the ledger.`,
  async run({ words, env }) {
    if (words.length > 0) throw new UsageError('doctor takes no words')
    const config = readConfig(env)
    const opened = await openLedgerBeside(config, createLog(config.logLevel)).catch((error) => {
      if (error instanceof NoLedger) return undefined
      throw error
    })
    try {
      const now = opened?.clock.now() ?? 0
      const facts = { ...(opened ? await factsOf(opened.store) : { keys: [] }), now, ...filesOf(config.dataDir) }
      const findings = examine(config, facts)
      const sorted = findings.toSorted(
        (one, other) => Number(other.level === 'breaks') - Number(one.level === 'breaks'),
      )
      for (const finding of sorted) print(shown(finding))
      const breaks = findings.filter(({ level }) => level === 'breaks').length
      say(breaks === 0 ? 'no rule is broken' : `${breaks} ${breaks === 1 ? 'rule is' : 'rules are'} broken`)
      if (breaks > 0) process.exitCode = 1
    } finally {
      await opened?.store.close()
    }
  },
}

async function factsOf(store: Store): Promise<Pick<Facts, 'keys' | 'brokenAudit'>> {
  return { keys: await store.apiKeys(), brokenAudit: await brokenAudit(store) }
}

async function brokenAudit(store: Store): Promise<string | undefined> {
  try {
    await verifyAudit(store)
    return undefined
  } catch (error) {
    if (error instanceof BrokenAudit) return error.message
    throw error
  }
}

function filesOf(dataDir: string): Pick<Facts, 'dataKeysAreOpen'> {
  const file = join(dataDir, 'data.keys')
  return existsSync(file) ? { dataKeysAreOpen: (statSync(file).mode & 0o077) !== 0 } : {}
}

function shown({ level, about, found, advice, rule }: Finding): string {
  return `${level}  ${about}: ${found}; ${advice} (${rule})`
}
