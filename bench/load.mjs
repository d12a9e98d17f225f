// Load on loopback. The client is a cheap one, because it shares the processors with what it measures.
import { Pool } from 'undici'

/** So many that nobody measured is idle while callers wait in step for one commit or one answer of Vonage. */
const connections = 128

export function median(values) {
  return percentile(values, 0.5)
}

/** The value that so much of all values, from 0 to 1, lies below. */
export function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)]
}

/** Posts JSON to one origin and answers with the parsed JSON; fails on a status that is not `expects`. */
export function connect(origin) {
  const pool = new Pool(origin, { connections })
  return {
    post(path, body, { headers, expects = 200 } = {}) {
      const call = { path, method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
      return new Promise((resolve, reject) => {
        let status = 0
        let text = ''
        pool.dispatch(
          { ...call, body: JSON.stringify(body) },
          {
            onRequestStart() {},
            onResponseStart(_controller, statusCode) {
              status = statusCode
            },
            onResponseData(_controller, chunk) {
              text += chunk
            },
            onResponseEnd() {
              if (status === expects) resolve(JSON.parse(text))
              else reject(new Error(`${origin}${path} answered ${status}: ${text}`))
            },
            onResponseError: (_controller, error) => reject(error),
          },
        )
      })
    },
    close: () => pool.close(),
  }
}

/** Does `work` for each item, so many at a time, each as soon as one before it is done. */
export async function closedLoop(items, work, atOnce = connections) {
  const results = []
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index])
    }),
  )
  return { results, ms: performance.now() - startedAt }
}

/** Starts `work` for each item at a steady rate, whatever is still running. Returns how long each took, in milliseconds. */
export async function openLoop(items, perSecond, work) {
  const startedAt = performance.now()
  const timed = async (item) => {
    const from = performance.now()
    await work(item)
    return performance.now() - from
  }
  const running = []
  while (running.length < items.length) {
    const due = Math.min(items.length, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond))
    while (running.length < due) running.push(timed(items[running.length]))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return Promise.all(running)
}
