import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import * as z from 'zod'

/** A Vonage that gives each path the answer it is told: JSON, or whatever a function does with the response. */
export async function startAnsweringVonage(answers: Record<string, object | ((response: ServerResponse) => void)>) {
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? '']
    if (typeof answer === 'function') return answer(response)
    response.end(JSON.stringify(answer ?? { status: '101' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    /** What makes a gateway use it. */
    env: {
      TOLLGATE_MODE: 'sandbox',
      VONAGE_API_KEY: '5a4db0c5',
      VONAGE_API_SECRET: 'sandboxSecret1',
      VONAGE_API_HOST: `http://127.0.0.1:${port}`,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}
