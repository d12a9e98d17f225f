import type { Run, RunParameters } from '../store/store.ts'

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

function waitsMs(parameters: RunParameters): number[] {
  const { pin_expiry, next_event_wait } = parameters
  // Vonage's rule: a code's life that is no multiple of the wait becomes the wait.
  const isUneven = next_event_wait !== undefined && pin_expiry % next_event_wait !== 0
  const codeLife = isUneven ? next_event_wait : pin_expiry
  const seconds = (wait: number | 'pin_expiry') => (wait === 'pin_expiry' ? codeLife : (next_event_wait ?? wait))
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

/** The event that a run has come to by `now`, and when its message went out. */
export function currentEvent(run: Run, now: number): { index: number; at: number } {
  const { at } = schedule(run.parameters, run.sentAt, run.eventIndex)
  const later = Math.max(
    0,
    at.findLastIndex((atMs) => atMs <= now),
  )
  return { index: run.eventIndex + later, at: at[later] ?? run.sentAt }
}

export function hasNextEvent(run: Run, now: number): boolean {
  return currentEvent(run, now).index + 1 < workflowOf(run.parameters).channels.length
}

/** How a resend would come: as the run's next event, or as the first of a new run. */
export function nextChannel(run: Run, now: number): Channel {
  const { channels } = workflowOf(run.parameters)
  return channels[currentEvent(run, now).index + 1] ?? channels[0]
}
