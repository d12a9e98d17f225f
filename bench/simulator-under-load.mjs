// A simulated Vonage in a process of its own, which says how much memory it holds once its garbage is collected.
import { SimulatedClock } from '../src/clock.ts'
import { createSimulator } from '../src/simulator/simulator.ts'

const account = { apiKey: '5a4db0c5', apiSecret: 'sandboxSecret1' }
const simulator = createSimulator({ ...account, clock: new SimulatedClock(), balanceEuro: 1_000_000_000 })
process.on('message', () => {
  globalThis.gc()
  process.send(process.memoryUsage())
})
process.send(await simulator.listen({ host: '127.0.0.1', port: 0 }))
