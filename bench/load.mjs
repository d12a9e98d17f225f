// A closed loop on loopback: so many flows at once, each request as soon as the one before it is answered.
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

/** Answers with the parsed JSON; fails on anything but success. */
export function post(url, body, headers = {}) {
  const text = JSON.stringify(body)
  const json = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { ...json, ...headers } }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (chunk) => (answer += chunk))
      response.on('end', () => (response.statusCode < 300 ? resolve(JSON.parse(answer)) : reject(new Error(answer))))
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

/** Does `work` for each item, 16 at a time. Returns the results and how long it took, in milliseconds. */
export async function closedLoop(items, work) {
  const results = []
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index])
    }),
  )
  return { results, ms: performance.now() - startedAt }
}
