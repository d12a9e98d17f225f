// Node's own spec reporter, which also fails a run in which nothing ran: a mistyped file or name must not look like a success.
import { Readable } from 'node:stream'
import { spec } from 'node:test/reporters'

export default async function* report(events) {
  let ran = 0
  async function* counted() {
    for await (const event of events) {
      if (isTest(event)) ran += 1
      yield event
    }
  }
  yield* Readable.from(counted()).compose(spec())
  if (ran > 0) return
  process.exitCode = 1
  yield '\ntollgate: no test ran\n'
}

// A file without tests is itself reported as one, under its path.
function isTest({ type, data }) {
  if (type !== 'test:pass' && type !== 'test:fail') return false
  return data.skip === undefined && data.details.type !== 'suite' && !/\.test\.ts$/.test(data.name)
}
