// The least that can stand before Vonage: node:http takes the call, undici passes it on, the answer goes back.
// Arguments: the port to listen on, and where Vonage is.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Pool } from 'undici'

const [port, apiHost] = process.argv.slice(2)
const pool = new Pool(apiHost, { connections: 64 })

const server = createServer(async (request, response) => {
  const { method, url: path, headers } = request
  const { authorization = '', 'content-type': type = 'application/json' } = headers
  const kept = { authorization, 'content-type': type }
  const answer = await pool.request({ method, path, headers: kept, body: await text(request) })
  const body = await answer.body.text()
  response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] ?? type }).end(body)
})
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit()).closeAllConnections())
