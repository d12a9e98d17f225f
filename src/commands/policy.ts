import { isIP } from 'node:net'
import * as z from 'zod'
import { systemClock } from '../clock.ts'
import { readConfig } from '../config.ts'
import { GatewayError, toProblem } from '../errors.ts'
import { countedBy } from '../guard/counted.ts'
import { admit } from '../guard/fixed-rules.ts'
import { policySchema } from '../guard/policy-schema.ts'
import { writtenPrices } from '../guard/prices.ts'
import { judge, type Verdict } from '../guard/rules.ts'
import { inEuros } from '../money.ts'
import { type LoadedPolicy, loadPolicy } from '../policy-file.ts'
import { maskNumber } from '../privacy.ts'
import { given } from '../settings.ts'
import { type Command, type CommandCall, print, say, UsageError } from './command.ts'
import { readNumber } from './number.ts'

export const policy: Command = {
  name: 'policy',
  usage: 'policy check | explain | schema',
  summary: 'Check the policy of who gets codes, and see what it says of a number.',
  help: `  policy check [file]                    whether it is right: errors name line and key, warnings what is over
  policy explain <number> [--key name] [--address ip] [--channel sms|tts] [--file path]
                                         what becomes of a message to this number, and by which rule, as JSON;
                                         what one costs in euros (as the policy has it, or a guess), and
                                         by which caps and budgets it is counted
  policy schema                          the JSON Schema of the file, for editors

The file is tollgate.policy.yaml in the working folder unless TOLLGATE_POLICY or an argument names another; without any,
what holds is shown. A running gateway reads it again on SIGHUP, if it is right.`,
  options: {
    key: { type: 'string' },
    address: { type: 'string' },
    channel: { type: 'string' },
    file: { type: 'string' },
  },
  async run(call) {
    const [action, subject, ...more] = call.words
    const { key, address, channel, file } = call.options
    const hasOptions = [key, address, channel, file].some((option) => option !== undefined)
    if (more.length > 0) throw usage()
    if (action === 'check' && !hasOptions) return check(await loaded(call, subject))
    if (action === 'schema' && subject === undefined && !hasOptions) {
      return print(JSON.stringify(z.toJSONSchema(policySchema, { io: 'input' }), undefined, 2))
    }
    if (action === 'explain' && subject !== undefined) return explain(call, subject)
    throw usage()
  },
}

function usage(): UsageError {
  return new UsageError('call it as policy check [file], policy explain <number> or policy schema')
}

function loaded({ env }: CommandCall, file: string | undefined): Promise<LoadedPolicy> {
  return loadPolicy(file ?? given(env, 'TOLLGATE_POLICY'))
}

function check({ policy, version, file }: LoadedPolicy): void {
  const now = systemClock.now()
  for (const list of ['overrides', 'outages', 'test_numbers'] as const) {
    for (const [index, { until }] of policy[list].entries()) {
      if (until !== undefined && until <= now) say(`${list}.${index} is over since ${new Date(until).toISOString()}`)
    }
  }
  print(JSON.stringify({ file: file ?? null, version }))
}

async function explain(call: CommandCall, text: string): Promise<void> {
  const { key = 'local', channel = 'sms', address, file } = call.options
  if (channel !== 'sms' && channel !== 'tts') throw new UsageError('--channel is sms or tts')
  const { policy, version, file: source } = await loaded(call, file === undefined ? undefined : String(file))
  const { mode, ...fixed } = readConfig(call.env)
  const phone = readNumber(text, { fictional: mode === 'sandbox' })
  const attempt = {
    phone,
    caller: String(key),
    address: addressOf(address),
    channels: [channel],
    now: systemClock.now(),
  } as const
  const refusedBefore = refusalOf(() => admit(phone, fixed))
  const verdict: Verdict = refusedBefore
    ? { answer: 'block', rule: 'TOLLGATE_COUNTRIES', refusal: refusedBefore }
    : judge(policy, attempt)
  const { answer, rule, refusal } = verdict
  const caps = { perNumber: fixed.sendsPerNumber, perDay: fixed.dailySends }
  const sent = {
    price: inEuros(writtenPrices(policy, phone.country ?? '')[channel]),
    counted: countedBy(policy, attempt, { verdict, caps }),
  }
  const explained = {
    number: maskNumber(phone.number),
    country: phone.country ?? null,
    line_type: phone.lineType,
    is_valid: phone.isValid,
    answer,
    rule: rule ?? null,
    ...(refusal ? { problem: toProblem(refusal) } : sent),
    mode: policy.mode,
    policy: { file: source ?? null, version },
  }
  print(JSON.stringify(explained, undefined, 2))
}

function addressOf(option: string | boolean | undefined): string | undefined {
  if (option === undefined || isIP(String(option)) > 0) return option?.toString()
  throw new UsageError('--address is an IP address')
}

function refusalOf(act: () => void): GatewayError | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}
