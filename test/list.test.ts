import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from './support/gateway.ts'
import { gist, verifying } from './support/verifying.ts'

test('verifications are listed newest first, page by page, each once', async () => {
  await using gateway = await startGateway()
  const made: string[] = []
  for (let index = 0; index < 7; index += 1) {
    made.unshift(await verifying(gateway, `44770090010${index}`).start())
    if (index % 3 === 2) await gateway.clock.advance(1)
  }
  const sizes: number[] = []
  const listed: string[] = []
  for (let query = '?limit=3'; query !== ''; ) {
    const { status, body } = await gateway.rest('GET', `/v1/verifications${query}`)
    assert.equal(status, 200)
    sizes.push(body.verifications.length)
    for (const { request_id } of body.verifications) listed.push(request_id)
    query = body.next_cursor === undefined ? '' : `?limit=3&cursor=${encodeURIComponent(body.next_cursor)}`
  }
  assert.deepEqual(sizes, [3, 3, 1])
  assert.deepEqual(listed.toSorted(), made.toSorted())
  const { body } = await gateway.rest('GET', '/v1/verifications?limit=7')
  assert.equal(body.verifications.length, 7)
  assert.ok(!('next_cursor' in body), 'a page that holds the last one names no next')
  assert.deepEqual(
    body.verifications.map(({ request_id }: { request_id: string }) => request_id),
    listed,
  )
  const times = body.verifications.map(({ created_at }: { created_at: string }) => created_at)
  assert.equal(new Set(times).size, 3)
  assert.deepEqual(times, times.toSorted().reverse())
})

test('a list can be of one state, and shows what a look at each one shows', async () => {
  await using gateway = await startGateway()
  const people = ['447700900001', '447700900002', '447700900003'].map((number) => verifying(gateway, number))
  const ids: string[] = []
  for (const person of people) ids.push(await person.start())
  const [verified = '', cancelled = '', pending = ''] = ids
  await people[0]?.checkRight(verified)
  await people[1]?.cancel(cancelled)
  for (const [state, id] of Object.entries({ verified, cancelled, pending })) {
    const { body } = await gateway.rest('GET', `/v1/verifications?state=${state}`)
    assert.deepEqual(body.verifications, [(await gateway.rest('GET', `/v1/verifications/${id}`)).body], state)
  }
  assert.deepEqual((await gateway.rest('GET', '/v1/verifications?state=expired')).body, { verifications: [] })
})

test('a list is not asked for with a cursor, a state or a size that there is not', async () => {
  await using gateway = await startGateway()
  for (const query of ['cursor=next', 'cursor=1.2', 'state=lost', 'limit=0', 'limit=101', 'page=2']) {
    const refused = await gateway.rest('GET', `/v1/verifications?${query}`)
    assert.equal(gist(refused), '422 invalid_request', query)
    assert.equal(refused.body.invalid_parameters[0].name, query.split('=')[0], query)
  }
})
