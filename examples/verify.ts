// Verifies a number against a sandbox, where the simulator's inbox stands for the phone.
import { createClient } from 'tollgate/client'

const tollgate = createClient({ url: process.env.TOLLGATE_URL ?? 'http://127.0.0.1:8082' })
const inbox = process.env.TOLLGATE_INBOX_URL ?? 'http://127.0.0.1:8083/inbox/messages'

const { request_id } = await tollgate.requestVerification({ number: '447700900123', brand: 'Example' })
const answer = await fetch(`${inbox}?to=447700900123`)
const { messages } = (await answer.json()) as { messages: { code: string }[] }
const { state } = await tollgate.checkVerification({ request_id, code: messages.at(-1)?.code ?? '' })
console.log(state)
