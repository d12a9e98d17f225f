import { type Action, record } from '../audit.ts'
import { readLedgerConfig } from '../config.ts'
import { changeDataKeys } from '../data-keys.ts'
import { DataKeys } from '../privacy.ts'
import { countOlder, reseal } from '../reseal.ts'
import type { Env } from '../settings.ts'
import { type Beside, beside } from './beside.ts'
import { type Command, CommandFailure, print, say, UsageError } from './command.ts'
import { operator } from './operator.ts'

export const dataKeys: Command = {
  name: 'data-keys',
  usage: 'data-keys rotate|reseal|drop',
  summary: 'Change the key that numbers are encrypted with.',
  help: `In this order:

  rotate   puts a new encryption key in front of the others in the data folder; then restart the gateway
  reseal   encrypts with the newest key what older ones have encrypted; may run beside gateways
  drop     takes the older keys out of the data folder, unless one of them is still needed

Where TOLLGATE_DATA_KEYS is set, rotate and drop write nothing: they print what to set it to. The hash key
does not change, because limits hang on it.`,
  async run({ words, env }) {
    const [action, ...more] = words
    const act = action === undefined || more.length > 0 ? undefined : actions.get(action)
    if (!act) throw new UsageError('call it as data-keys rotate, data-keys reseal or data-keys drop')
    await act(env)
  },
}

const actions = new Map([
  ['rotate', rotate],
  ['reseal', resealAll],
  ['drop', drop],
])

async function rotate(env: Env): Promise<void> {
  const config = readLedgerConfig(env)
  if (config.dataKeys) {
    return print(`TOLLGATE_DATA_KEYS is set, so nothing was written. Set it to

  <hash>:<new>:<the encryption keys that are set now>

where <new> is the output of \`openssl rand -hex 32\`, restart the gateway, then run \`tollgate data-keys reseal\`.
With several gateways put <new> last at first and restart them all, so that each reads what another writes.`)
  }
  await beside(env, (ledger) => audited(ledger, 'data-keys.rotated'))
  changeDataKeys(config, (keys) => DataKeys.rotated(keys))
  print('A new key is in the data folder. Restart the gateway, then run `tollgate data-keys reseal`.')
}

async function resealAll(env: Env): Promise<void> {
  const result = await beside(env, async (ledger) => {
    const done = await reseal(ledger.store, ledger.keys, (place, resealed) =>
      say(`${place}: ${resealed} encrypted with the newest key`),
    )
    await audited(ledger, 'data-keys.resealed', done)
    return done
  })
  print(JSON.stringify(result, null, 2))
}

async function drop(env: Env): Promise<void> {
  const config = readLedgerConfig(env)
  const older = await beside(env, ({ store, keys }) => countOlder(store, keys))
  if (older > 0) {
    throw new CommandFailure(`older keys are still needed by what they have encrypted (${older}): run data-keys reseal`)
  }
  if (config.dataKeys) return print('TOLLGATE_DATA_KEYS may be <hash>:<newest> now: no older key is needed.')
  await beside(env, (ledger) => audited(ledger, 'data-keys.dropped'))
  changeDataKeys(config, (keys) => DataKeys.newestOnly(keys))
  print('The older keys are gone from the data folder.')
}

async function audited({ store, clock }: Beside, action: Action, details: object = {}): Promise<void> {
  await store.transaction('data keys', (tx) =>
    record(tx, { at: clock.now(), actor: operator(), action, subject: 'all', details }),
  )
}
