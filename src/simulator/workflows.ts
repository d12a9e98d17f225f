export type Channel = 'sms' | 'tts'

export interface WorkflowStep {
  channel: Channel
  /** From this step to the next one, or to the end. */
  waitSeconds: number
}

export interface WorkflowPlan {
  steps: WorkflowStep[]
  pinExpirySeconds: number
}

const defaultPinExpirySeconds = 300

/** Vonage's sequences with waits of their own. */
const sequences: Record<number, WorkflowStep[]> = {
  1: [sms(125), tts(180), tts(300)],
  2: [sms(125), sms(180), tts(300)],
  3: [tts(150), tts(150)],
  4: [sms(120), sms(180)],
  5: [sms(120), tts(180)],
}

export function planWorkflow(wish: {
  workflowId: number
  pinExpirySeconds?: number | undefined
  nextEventWaitSeconds?: number | undefined
}): WorkflowPlan {
  const pinExpirySeconds = settlePinExpiry(wish.pinExpirySeconds, wish.nextEventWaitSeconds)
  return { steps: planSteps(wish.workflowId, pinExpirySeconds, wish.nextEventWaitSeconds), pinExpirySeconds }
}

/** Workflows 6 and 7 have one step, which lasts as long as the PIN. Steps that are nobody's own are shared. */
function planSteps(workflowId: number, pinExpirySeconds: number, waitSeconds: number | undefined): WorkflowStep[] {
  const sequence = sequences[workflowId]
  if (!sequence) return [workflowId === 6 ? sms(pinExpirySeconds) : tts(pinExpirySeconds)]
  return waitSeconds === undefined ? sequence : sequence.map(({ channel }) => ({ channel, waitSeconds }))
}

/** A PIN expiry that the wait between events doesn't divide gives way to that wait. */
function settlePinExpiry(pinExpirySeconds: number | undefined, nextEventWaitSeconds: number | undefined): number {
  if (pinExpirySeconds === undefined) return defaultPinExpirySeconds
  if (nextEventWaitSeconds === undefined || pinExpirySeconds % nextEventWaitSeconds === 0) return pinExpirySeconds
  return nextEventWaitSeconds
}

function sms(waitSeconds: number) {
  return { channel: 'sms', waitSeconds } as const
}

function tts(waitSeconds: number) {
  return { channel: 'tts', waitSeconds } as const
}
