import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ApiKey, ApiKeySecret, Store } from '../src/store/store.ts'
import { newId, noon, within } from './support/ledger-samples.ts'

const someHash = () => randomBytes(32).toString('hex')

function someApiKey(members: Partial<ApiKey> = {}): ApiKey {
  const open = { expiresAt: undefined, revokedAt: undefined, lastUsedAt: undefined }
  return {
    name: newId(),
    scopes: ['verify', 'admin'],
    bounds: '{"brands":["Acme"]}',
    createdAt: noon,
    ...open,
    ...members,
  }
}

async function insertKey(store: Store, key = someApiKey(), members: Partial<ApiKeySecret> = {}): Promise<ApiKeySecret> {
  const secret = { hash: someHash(), name: key.name, createdAt: noon, validUntil: undefined, ...members }
  await within(store, async (tx) => {
    await tx.addApiKey(key)
    await tx.addApiKeySecret(secret)
  })
  return secret
}

/** What store.ts says of the keys of callers; `it` opens an empty store for each. */
export function testApiKeys(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('a key is read as it was written, by its name and by the hash of its secret', async (store) => {
    const key = someApiKey({ expiresAt: noon + 1 })
    const secret = await insertKey(store, key, { validUntil: noon + 2 })
    assert.deepEqual(await store.apiKey(key.name), key)
    assert.deepEqual(await store.apiKeyOfSecret(secret.hash), { key, secret })
    assert.deepEqual([await store.apiKey('other'), await store.apiKeyOfSecret(someHash())], [undefined, undefined])
  })

  it('of many who make a key under one name at once one does, also when it is revoked', async (store) => {
    const key = someApiKey()
    const add = () => within(store, (tx) => tx.addApiKey(key))
    const added = await Promise.all(Array.from({ length: 5 }, add))
    assert.equal(added.filter((made) => made !== undefined).length, 1)
    await within(store, (tx) => tx.revokeApiKey(key.name, noon))
    assert.equal(await add(), undefined)
  })

  it('each change of a key raises the version, and a use does not', async (store) => {
    const versions = [await store.apiKeysVersion()]
    const key = someApiKey()
    await insertKey(store, key)
    versions.push(await store.apiKeysVersion())
    await insertKey(store)
    versions.push(await store.apiKeysVersion())
    await within(store, (tx) => tx.touchApiKey(key.name))
    versions.push(await store.apiKeysVersion())
    await within(store, (tx) => tx.revokeApiKey(key.name, noon))
    versions.push(await store.apiKeysVersion())
    await within(store, (tx) => tx.apiKeyUsed(key.name, noon + 5))
    versions.push(await store.apiKeysVersion())
    assert.deepEqual(versions, [0, 1, 2, 3, 4, 4])
    const [other, changed] = await store.apiKeys()
    assert.notEqual(other?.name, key.name)
    assert.deepEqual(changed, { ...key, revokedAt: noon, lastUsedAt: noon + 5 })
  })

  it('a key is revoked once', async (store) => {
    const key = someApiKey()
    await insertKey(store, key)
    assert.equal((await within(store, (tx) => tx.revokeApiKey(key.name, noon)))?.revokedAt, noon)
    assert.equal(await within(store, (tx) => tx.revokeApiKey(key.name, noon + 1)), undefined)
    assert.equal((await store.apiKey(key.name))?.revokedAt, noon)
    assert.equal(await within(store, (tx) => tx.revokeApiKey('other', noon)), undefined)
  })

  it('secrets are ended at a time, and what ends before stays as it is', async (store) => {
    const key = someApiKey()
    const secrets = [await insertKey(store, key), await insertKey(store, key, { validUntil: noon })]
    const foreign = await insertKey(store)
    await within(store, (tx) => tx.endApiKeySecrets(key.name, noon + 10))
    const ends = async () => {
      const found = [...secrets, foreign].map(({ hash }) => store.apiKeyOfSecret(hash))
      return (await Promise.all(found)).map((each) => each?.secret.validUntil)
    }
    assert.deepEqual(await ends(), [noon + 10, noon, undefined])
    await within(store, (tx) => tx.endApiKeySecrets(key.name, noon + 5))
    assert.deepEqual(await ends(), [noon + 5, noon, undefined])
  })
}
