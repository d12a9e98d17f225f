import type { Clock } from '../clock.ts'
import type { Account, Credentials } from './credentials.ts'
import type { Fault, Faults } from './faults.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import type { Schedule } from './schedule.ts'
import type { Throttle } from './throttle.ts'
import type { Answer, Effect, VonageApi, VonageCall, VonageRoute } from './vonage-api.ts'

/** What a caller gets: an answer, perhaps late, or an end without one. */
export interface Outcome {
  answer: Answer | 'cut' | 'stall'
  afterSeconds: number
}

export interface Judge {
  account: Account
  clock: Clock
  world: () => { faults: Faults; throttle: Throttle; schedule: Schedule }
}

type Matter = { call: VonageCall; api: VonageApi; route: VonageRoute }

/** Judges a call: its method, credentials and pace, then its parameters; what is left has its effect, or meets a fault. */
export function settleCall(matter: Matter, credentials: Credentials, judge: Judge): Outcome {
  const { call, api, route } = matter
  if (call.method === 'HEAD') return atOnce({ httpStatus: 200, body: {} })
  if (!route.methods.some((method) => method === call.method)) return atOnce(api.refuseMethod(call))
  const refusal = api.refuseCredentials(credentials, judge.account)
  if (refusal) return atOnce(refusal)
  const { throttle, faults } = judge.world()
  if (!throttle.admits(route.limit)) return atOnce(route.limit.answer(call))
  const effect = route.judge(call, credentials)
  if (typeof effect !== 'function') return atOnce(effect)
  const fault = faults.take(route.path)
  if (fault) return meetFault(matter, effect, fault, judge)
  const scenario = scenarios.get(route.recipient?.of(call) ?? '')
  return scenario ? play(matter, effect, scenario) : atOnce(effect())
}

function atOnce(answer: Outcome['answer']): Outcome {
  return { answer, afterSeconds: 0 }
}

function meetFault(matter: Matter, effect: Effect, { answer, effectAfterSeconds }: Fault, judge: Judge): Outcome {
  if (answer.kind === 'late') return { answer: effect(), afterSeconds: answer.afterSeconds }
  if (effectAfterSeconds === 0) effect()
  if (effectAfterSeconds) {
    judge.world().schedule.at(judge.clock.now() + effectAfterSeconds * 1000, () => void effect())
  }
  const { call, api, route } = matter
  switch (answer.kind) {
    case 'status':
      return atOnce(route.statusAnswer(answer.status, call))
    case 'http':
      return atOnce(api.fail(answer.httpStatus, call))
    case 'connection':
      return atOnce(answer.end)
  }
}

function play({ call, api, route }: Matter, effect: Effect, scenario: Scenario): Outcome {
  switch (scenario.happens) {
    case 'refused':
      return atOnce(route.recipient?.refuse(scenario.because, call) ?? effect())
    case 'failed':
      return atOnce(api.fail(scenario.httpStatus, call))
    case 'cut':
      return atOnce('cut')
    case 'answer lost':
      effect()
      return atOnce('stall')
    case 'answered late':
      return { answer: effect(), afterSeconds: scenario.afterSeconds }
    case 'delivered':
    case 'not delivered':
      return atOnce(effect())
  }
}
