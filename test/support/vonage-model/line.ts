import http from 'node:http'
import { account } from '../../../src/simulator/simulator-under-test.ts'
import type { Answer } from './answer.ts'

type Sending = 'query' | 'form' | 'json'

/** A call as the model's commands put it. */
export interface Call {
  path: string
  parameters: Record<string, string | string[]>
  sending: Sending
  /** Basic credentials unless the call brings its own. */
  authorization?: string | undefined
}

/** How a call is written: what changes nothing about its answer. */
export const sendings: readonly Sending[] = ['query', 'form', 'json']

const basic = `Basic ${Buffer.from(`${account.apiKey}:${account.apiSecret}`).toString('base64')}`
const bodyTypes = { form: 'application/x-www-form-urlencoded', json: 'application/json' }

/** Calls one after the other on a connection that stays open: a fetch for each would take most of the test's time. */
export function openLine(base: string) {
  const agent = new http.Agent({ keepAlive: true })
  const { hostname, port } = new URL(base)
  return {
    call({ path, parameters, sending, authorization = basic }: Call): Promise<Answer> {
      const pairs = pairsOf(parameters).toString()
      const body = sending === 'json' ? JSON.stringify(parameters) : pairs
      const options =
        sending === 'query'
          ? { method: 'GET', path: `${path}?${pairs}`, headers: { authorization } }
          : { method: 'POST', path, headers: { authorization, 'content-type': bodyTypes[sending] } }
      return new Promise((resolve, reject) => {
        const request = http.request({ agent, hostname, port, ...options }, (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (part) => {
            text += part
          })
          response.on('end', () => resolve({ httpStatus: response.statusCode ?? 0, body: JSON.parse(text) }))
          response.on('error', reject)
        })
        request.on('error', reject)
        request.end(sending === 'query' ? undefined : body)
      })
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function pairsOf(parameters: Record<string, string | string[]>): URLSearchParams {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((each) => [name, each]))
  return new URLSearchParams(pairs)
}
