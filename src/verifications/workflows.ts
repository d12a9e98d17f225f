import type { Message, Run, RunParameters } from '../store/store.ts'

export type Channel = 'sms' | 'tts'

/** A workflow of Verify v1: its events, and the seconds to wait after each. `pin_expiry` waits as long as the code lives. */
interface Workflow {
  channels: readonly [Channel, ...Channel[]]
  waits: readonly (number | 'pin_expiry')[]
}

const workflows: Record<number, Workflow> = {
  1: { channels: ['sms', 'tts', 'tts'], waits: [125, 180, 300] },
  2: { channels: ['sms', 'sms', 'tts'], waits: [125, 180, 300] },
  3: { channels: ['tts', 'tts'], waits: [150, 150] },
  4: { channels: ['sms', 'sms'], waits: [120, 180] },
  5: { channels: ['sms', 'tts'], waits: [120, 180] },
  6: { channels: ['sms'], waits: ['pin_expiry'] },
  7: { channels: ['tts'], waits: ['pin_expiry'] },
}

function workflowOf({ workflow_id }: RunParameters): Workflow {
  const workflow = workflows[workflow_id]
  if (!workflow) throw new RangeError(`there is no workflow ${workflow_id}`)
  return workflow
}

/** How long a code lives. Vonage's rule: a life that is no multiple of the wait between events becomes the wait. */
export function codeLifeSeconds({ pin_expiry, next_event_wait }: RunParameters): number {
  const isUneven = next_event_wait !== undefined && pin_expiry % next_event_wait !== 0
  return isUneven ? next_event_wait : pin_expiry
}

function waitsMs(parameters: RunParameters): number[] {
  const codeLife = codeLifeSeconds(parameters)
  const seconds = (wait: number | 'pin_expiry') =>
    wait === 'pin_expiry' ? codeLife : (parameters.next_event_wait ?? wait)
  return workflowOf(parameters).waits.map((wait) => seconds(wait) * 1000)
}

/** When the messages from `eventIndex` on go out if the first of them does at `fromMs`, and when the run is over. */
export function schedule(parameters: RunParameters, fromMs: number, eventIndex = 0): { at: number[]; endsAt: number } {
  const at: number[] = []
  let endsAt = fromMs
  for (const wait of waitsMs(parameters).slice(eventIndex)) {
    at.push(endsAt)
    endsAt += wait
  }
  return { at, endsAt }
}

/** The messages from `eventIndex` on, as `schedule` has them, with what each is expected to cost. */
export function messagesOf({ parameters, eventCosts }: Run, fromMs: number, eventIndex = 0): Message[] {
  const { at } = schedule(parameters, fromMs, eventIndex)
  return at.map((atMs, index) => ({ at: atMs, micros: eventCosts[eventIndex + index] ?? 0 }))
}

/** How each message of a workflow comes. */
export function eventChannels(parameters: RunParameters): readonly Channel[] {
  return workflowOf(parameters).channels
}

/** The event that a run has come to by `now`, and when its message went out. */
export function currentEvent(run: Run, now: number): { index: number; at: number } {
  const { at } = schedule(run.parameters, run.sentAt, run.eventIndex)
  const later = Math.max(
    0,
    at.findLastIndex((atMs) => atMs <= now),
  )
  return { index: run.eventIndex + later, at: at[later] ?? run.sentAt }
}

/** How the messages of a workflow come, each way once. */
export function channelsOf(parameters: RunParameters): Channel[] {
  return [...new Set(workflowOf(parameters).channels)]
}

/** How the messages of a run came until then, each way once. */
export function channelsUntil(run: Run, at: number): Channel[] {
  return [...new Set(workflowOf(run.parameters).channels.slice(0, currentEvent(run, at).index + 1))]
}

/** When the newest code was made: an event makes a new one if the one before has outlived its time, else it repeats that. */
export function codeMadeAt(run: Run, now: number): number {
  const { at } = schedule(run.parameters, run.sentAt, run.eventIndex)
  const later = at.filter((atMs) => atMs > run.sentAt && atMs <= now)
  return later.reduce((madeAt, eventAt) => renewedAt(run.parameters, madeAt, eventAt), run.codeMadeAt)
}

/** When the code that an event sends was made, if the one before it was made at `madeAt`. */
export function renewedAt(parameters: RunParameters, madeAt: number, eventAt: number): number {
  return eventAt >= madeAt + codeLifeSeconds(parameters) * 1000 ? eventAt : madeAt
}

/** Until when the newest code is accepted. */
export function codeExpiresAt(run: Run, now: number): number {
  return Math.min(run.expiresAt, codeMadeAt(run, now) + codeLifeSeconds(run.parameters) * 1000)
}

export function hasNextEvent(run: Run, now: number): boolean {
  return currentEvent(run, now).index + 1 < workflowOf(run.parameters).channels.length
}

/** How a resend would come: as the run's next event, or as the first of a new run. */
export function nextChannel(run: Run, now: number): Channel {
  const { channels } = workflowOf(run.parameters)
  return channels[currentEvent(run, now).index + 1] ?? channels[0]
}

/** What a resend is expected to cost, in millionths of a euro. */
export function nextCost(run: Run, now: number): number {
  return run.eventCosts[currentEvent(run, now).index + 1] ?? run.eventCosts[0] ?? 0
}

/** The longest wait between events that a caller may ask for. */
const longestWaitSeconds = 900

/** How long a run can last, whatever a caller asks for, where no code may live longer than `maxPinExpirySeconds`. */
export function longestRunMs(maxPinExpirySeconds: number): number {
  // A code lives at least as long as the wait.
  const next_event_wait = Math.min(longestWaitSeconds, maxPinExpirySeconds)
  const ends = Object.keys(workflows).flatMap((id) => {
    const parameters = { code_length: 6, workflow_id: Number(id), pin_expiry: maxPinExpirySeconds }
    return [parameters, { ...parameters, next_event_wait }].map((asked) => schedule(asked, 0).endsAt)
  })
  return Math.max(...ends)
}
