import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataKeys } from '../src/privacy.ts'
import { startGateway } from './support/gateway.ts'
import { newDatabase } from './support/postgres.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

test('a verification that one node sent is checked by another', async () => {
  await using vonage = await startVonageApart()
  const env = { ...vonage.env, DATABASE_URL: await newDatabase(), TOLLGATE_DATA_KEYS: DataKeys.generate().reveal() }
  await using one = await startGateway({ env })
  await using other = await startGateway({ env, overrides: { newId: () => 'e'.repeat(32) } })
  const id = await verifying(one).start()
  assert.equal(gist(await verifying(other).checkWrong(id)), '400 wrong_code')
  assert.equal(gist(await verifying(other).checkRight(id)), '200 verified')
  assert.equal(gist(await verifying(one).checkRight(id)), '409 already_verified')
})
