import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { someFolder } from './support/folder.ts'
import { startGateway } from './support/gateway.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { verifying } from './support/verifying.ts'

test('the ledger keeps no trace of a code once its check is settled and told', async () => {
  using folder = someFolder()
  await using gateway = await startGateway({ dataDir: folder.path })
  const { start, checkRight, checkWrong } = verifying(gateway)
  const id = await start()
  const traces = () => {
    using ledger = new DatabaseSync(join(folder.path, 'ledger.db'), { readOnly: true })
    return ledger.prepare('select check_code from runs').all()[0]?.check_code
  }
  await checkWrong(id)
  assert.equal(traces(), null)
  await loseAnswer(gateway.addresses.simulator, '/verify/check/json')
  await checkRight(id)
  assert.match(String(traces()), /^[0-9a-f]{32}$/)
  await gateway.clock.advance(61)
  assert.equal(traces(), null)
})
