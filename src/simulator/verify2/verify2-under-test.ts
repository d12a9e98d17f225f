import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import * as z from 'zod'
import type { SimulatorOptions } from '../simulator.ts'
import { basic, someNumber, startSimulator } from '../simulator-under-test.ts'

export const applicationId = '78d335fa-323d-0114-9c3d-d6f0d48968cf'
export const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

export const toSms = { channel: 'sms', to: someNumber }
export const toVoice = { channel: 'voice', to: someNumber }
export const toEmail = { channel: 'email', to: 'alice@example.com' }
export const toPhone = { channel: 'silent_auth', to: someNumber }

const members = z.record(z.string(), z.unknown())
const port = z.object({ port: z.number() })

/** A JWT as Vonage's SDKs make it; a claim of undefined is left out. */
export function jwt(claims: object = {}, header: object = { alg: 'RS256', typ: 'JWT' }): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const usual = { application_id: applicationId, iat: nowSeconds, jti: 'some-jti', exp: nowSeconds + 900 }
  const signed = [header, { ...usual, ...claims }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${sign('sha256', Buffer.from(signed), keys.privateKey).toString('base64url')}`
}

/** A simulator with the calls of Verify v2, which are made with a JWT unless told otherwise. */
export async function startVerify2(options: Partial<SimulatorOptions> = {}) {
  const vonage = await startSimulator(options)
  const call = async (method: string, path: string, body?: unknown, authorization = `Bearer ${jwt()}`) => {
    const response = await fetch(vonage.base + path, {
      method,
      redirect: 'manual',
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const contentType = response.headers.get('content-type')
    return {
      status: response.status,
      contentType,
      location: response.headers.get('location'),
      text,
      body: contentType?.includes('json') ? members.parse(JSON.parse(text)) : {},
    }
  }
  const create = (body: object = {}, authorization?: string) =>
    call('POST', '/v2/verify', { brand: 'Acme', workflow: [toSms], ...body }, authorization)

  return {
    ...vonage,
    call,
    create,
    createBasic: (body: object = {}) => create(body, basic),
    start: async (body: object = {}) => String((await create(body)).body.request_id),
    check: (id: string, code: unknown) => call('POST', `/v2/verify/${id}`, { code }),
    next: (id: string) => call('POST', `/v2/verify/${id}/next_workflow`),
    cancel: (id: string) => call('DELETE', `/v2/verify/${id}`),
    /** A phone, without credentials, that follows nothing. */
    visit: (url: string) => fetch(new URL(url, vonage.base), { redirect: 'manual' }),
    codes: () => vonage.simulator.messages().map(({ code }) => code),
    webhooks: async () => z.array(members).parse((await vonage.send('/simulator/webhooks')).body.webhooks),
  }
}

/** An application's server for webhooks, which answers with `httpStatus`, or never with 0. */
export async function startReceiver(httpStatus = 200) {
  const received: { authorization: string; contentType: string | undefined; text: string }[] = []
  const first = Promise.withResolvers<IncomingMessage>()
  const server = createServer(async (request, response) => {
    const { authorization = '', 'content-type': contentType } = request.headers
    received.push({ authorization, contentType, text: await read(request) })
    first.resolve(request)
    if (httpStatus !== 0) response.writeHead(httpStatus).end('heard')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    received,
    /** The connection of the first webhook, once that has been read. */
    connection: async () => (await first.promise).socket,
    bodies: () => received.map(({ text }) => members.parse(JSON.parse(text))),
    target: {
      url: `http://127.0.0.1:${port.parse(server.address()).port}/status`,
      signatureSecret: 'a signature secret',
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString()
}
