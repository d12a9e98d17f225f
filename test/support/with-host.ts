import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** The status of an answer to who names another host: fetch sets Host by itself. */
export function statusWithHost(
  url: string,
  host: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  const answered = Promise.withResolvers<number | undefined>()
  const type = body ? { 'content-type': 'application/json' } : {}
  const asking = request(url, { method: body ? 'POST' : 'GET', headers: { ...headers, ...type, host }, agent: false })
  asking.on('error', answered.reject)
  asking.on('response', async (response) => {
    await text(response)
    answered.resolve(response.statusCode)
  })
  asking.end(body && JSON.stringify(body))
  return answered.promise
}
