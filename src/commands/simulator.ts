import { SimulatedClock } from '../clock.ts'
import { readSimulator } from '../config.ts'
import { sandboxAccount } from '../mode.ts'
import { ConfigError, type Env, given, refuseUnknown } from '../settings.ts'
import { type Command, print, UsageError } from './command.ts'
import { cannotListen } from './serve.ts'

export const simulator: Command = {
  name: 'simulator',
  usage: 'simulator',
  summary: 'Run the simulated Vonage alone, for any application.',
  help: `Verify v1 and v2 and Numbers with state, time and an inbox, in memory:

  TOLLGATE_SIMULATOR_PORT             8083
  TOLLGATE_SIMULATOR_SEED             makes codes, ids and the stock of numbers repeat
  TOLLGATE_SIMULATOR_BALANCE          the account's credit in euros: 100000
  TOLLGATE_SIMULATOR_THROTTLING       on: keeps Vonage's limits on calls a second
  VONAGE_API_KEY, VONAGE_API_SECRET   the account it accepts: ${sandboxAccount.apiKey}, ${sandboxAccount.apiSecret.reveal()} unless set
  TOLLGATE_SIMULATOR_WEBHOOK_URL, TOLLGATE_SIMULATOR_SIGNATURE_SECRET
                                      where Verify v2 sends its signed webhooks: nowhere unless set

Point an application, or another tollgate (TOLLGATE_MODE=sandbox), at it with VONAGE_API_HOST.
  POST /simulator/clock {"advance_seconds": 60}   moves its time
  POST /simulator/faults                          makes calls fail, once or by a rate
  GET  /simulator/scenarios                       lists the numbers with an outcome of their own
  GET  /simulator/account                         shows what was spent
  GET  /inbox                                     shows what arrived, with the codes
  GET  /simulator/webhooks                        lists the webhooks and what came back`,
  async run({ words, env }) {
    if (words.length > 0) throw new UsageError(`simulator takes no words, such as ${JSON.stringify(words[0])}`)
    refuseUnknown(env)
    const apiKey = given(env, 'VONAGE_API_KEY') ?? sandboxAccount.apiKey
    const apiSecret = (given(env, 'VONAGE_API_SECRET') ?? sandboxAccount.apiSecret).reveal()
    const clock = new SimulatedClock()
    const { port, ...world } = readSimulator(env)
    const { createSimulator } = await import('../simulator/simulator.ts')
    const vonage = createSimulator({ clock, apiKey, apiSecret, ...world, ...readWebhooks(env) })
    const stop = async () => {
      await vonage.close()
      clock.stop()
      process.exit()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    try {
      const url = await vonage.listen({ host: '127.0.0.1', port })
      print(`Simulated Vonage\n\n  API    ${url}    (key ${apiKey})\n  Inbox  ${url}/inbox\n`)
    } catch (error) {
      throw cannotListen(error) ?? error
    }
  },
}

function readWebhooks(env: Env) {
  const url = given(env, 'TOLLGATE_SIMULATOR_WEBHOOK_URL')
  const secret = given(env, 'TOLLGATE_SIMULATOR_SIGNATURE_SECRET')
  if (url && secret) return { webhooks: { url: url.href, signatureSecret: secret.reveal() } }
  if (!url && !secret) return {}
  const missing = url ? 'TOLLGATE_SIMULATOR_SIGNATURE_SECRET' : 'TOLLGATE_SIMULATOR_WEBHOOK_URL'
  throw new ConfigError(`${missing} is not set but its other half is: set both for webhooks, or neither`)
}
