const nowElement = document.querySelector('#now')
const stateElement = document.querySelector('#clock-state')

let clock = { atMs: 0, readAtMs: 0, isRunning: false }

/** The simulated time, in epoch milliseconds. */
export function simulatedNow() {
  return clock.isRunning ? clock.atMs + Date.now() - clock.readAtMs : clock.atMs
}

export function setClock({ now, is_running: isRunning }) {
  clock = { atMs: Date.parse(now), readAtMs: Date.now(), isRunning }
  stateElement.textContent = isRunning ? 'running' : 'standing still'
}

/** While the simulator is away, nobody knows its time. */
export function stopClock() {
  clock = { ...clock, atMs: simulatedNow(), isRunning: false }
  stateElement.textContent = 'not connected'
}

export function showNow() {
  if (clock.readAtMs === 0) return
  const now = new Date(simulatedNow()).toISOString()
  nowElement.textContent = `${now.slice(0, 10)} ${timeOfDay(now)} UTC`
  nowElement.dateTime = now
}

export function timeOfDay(timestamp) {
  return timestamp.slice(11, 19)
}

/** Moves the simulated time; what it is then comes as an event, too. */
export async function advance(seconds) {
  const response = await fetch('/simulator/clock', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance_seconds: seconds }),
  })
  const { now, error } = await response.json()
  if (!response.ok) throw new Error(error)
  return now
}
