import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settings } from '../src/settings.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const document = read('docs/security.md')

test('each test that the threat model names is there', () => {
  const named = [...document.matchAll(/`(test\/[\w-]+\.test\.ts)`(?:: ([^|]+?))?(?=,? ?[|`])/g)]
  assert.ok(named.length > 25)
  for (const [, file = '', title] of named) {
    const source = read(file)
    if (title !== undefined) assert.ok(source.includes(title.trim()), `${file}: ${title}`)
  }
})

test('each setting that the page names is one', () => {
  const named = [...document.matchAll(/\bTOLLGATE_[A-Z_]+\b/g)].map(([name]) => name)
  for (const name of named) assert.ok(Object.hasOwn(settings, name), name)
})
