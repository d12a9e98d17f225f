// The application that Vonage's guides show: Express, and the official SDK as it comes.
// Arguments: the port to listen on, and where Vonage is.
import { createRequire } from 'node:module'

const tools = createRequire(new URL('../test/package.json', import.meta.url))
const express = tools('express')
const { Verify } = tools('@vonage/verify')

const [port, apiHost] = process.argv.slice(2)
const credentials = { apiKey: process.env.VONAGE_API_KEY, apiSecret: process.env.VONAGE_API_SECRET }
const verify = new Verify(credentials, { apiHost })
const app = express()
app.use(express.json())

app.post('/request', async (request, response) => {
  const { requestId } = await verify.start({ number: request.body.number, brand: 'Bench' })
  response.json({ request_id: requestId })
})

app.post('/check', async (request, response) => {
  const { status } = await verify.check(request.body.request_id, request.body.code)
  response.json({ status })
})

const server = app.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit()).closeAllConnections())
