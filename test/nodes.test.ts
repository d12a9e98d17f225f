import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNodes } from './support/nodes.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

test('a verification that one node sent is checked by another', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage)
  const { one, other } = cluster
  const id = await verifying(one).start()
  assert.equal(gist(await verifying(other).checkWrong(id)), '400 wrong_code')
  assert.equal(gist(await verifying(other).checkRight(id)), '200 verified')
  assert.equal(gist(await verifying(one).checkRight(id)), '409 already_verified')
})
