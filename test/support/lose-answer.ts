import { request } from './gateway.ts'

/** The next answer of a path is lost, after the simulated Vonage did what was asked: cut off at once, or never there. */
export async function loseAnswer(simulatorUrl: string, path: string, connection: 'cut' | 'stall' = 'cut') {
  const fault = { path, answer: { connection }, takes_effect: true }
  const { status, body } = await request(`${simulatorUrl}/simulator/faults`, 'POST', fault)
  if (status !== 200) throw new Error(JSON.stringify(body))
}
