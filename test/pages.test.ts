import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { operations } from '../src/operations.ts'
import { problems } from '../src/problems.ts'
import { type Answer, startGateway } from './support/gateway.ts'

const src = new URL('../src/', import.meta.url)

/** What a page loads or leads to. */
function addresses(page: string): string[] {
  return [...page.matchAll(/\s(?:src|href|action|srcset|poster|data)="([^"]*)"/g)].map(([, address = '']) => address)
}

function text(page: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return page.replaceAll(/<[^>]+>/g, '').replaceAll(/&(\w+);/g, (all, name) => entities[name] ?? all)
}

function assertLoadsNothingForeign({ status, headers, body }: Answer): void {
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^text\/html/)
  for (const address of addresses(body)) assert.match(address, /^(\/(?!\/)|#|data:)/)
  assert.doesNotMatch(body, /<(script|iframe|object|embed|base|form)\b|@import|url\(|\son\w+=/i)
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none';/)
  const sources = policy.split(';').flatMap((directive) => directive.trim().split(' ').slice(1))
  assert.deepEqual(new Set(sources), new Set(["'none'", "'self'", 'data:']))
}

test('every problem has a page with its title, meaning and advice, and no other name has one', async () => {
  await using gateway = await startGateway()
  for (const [code, { status, title, meaning, advice }] of Object.entries(problems)) {
    const page = await gateway.rest('GET', `/problems/${code}`)
    assertLoadsNothingForeign(page)
    const words = text(page.body)
    for (const part of [code, `HTTP ${status}`, title, meaning, advice]) assert.ok(words.includes(part), part)
  }
  for (const name of ['no_such_problem', 'toString', '__proto__', '%3Cb%3E', 'internal/']) {
    const { status, body } = await gateway.rest('GET', `/problems/${name}`)
    assert.deepEqual([status, body.code], [404, 'not_found'])
  }
})

test('the reference shows every operation and problem, loads nothing from elsewhere, and its links lead somewhere', async () => {
  await using gateway = await startGateway()
  const page = await gateway.rest('GET', '/docs')
  assertLoadsNothingForeign(page)
  const links = new Set(addresses(page.body))
  for (const { name } of operations) assert.ok(links.has(`#${name}`), name)
  for (const code of Object.keys(problems)) assert.ok(links.has(`/problems/${code}`), code)
  for (const link of links) {
    if (link.startsWith('data:')) continue
    if (link.startsWith('#')) assert.ok(page.body.includes(`id="${link.slice(1)}"`), link)
    else assert.equal((await gateway.rest('GET', link)).status, 200, link)
  }
  const { headers, body } = await gateway.rest('GET', '/docs/style.css')
  assert.match(headers.get('content-type') ?? '', /^text\/css/)
  assert.doesNotMatch(body, /@import|url\(\s*['"]?(?!data:)/)
})

test('every page of a sandbox says that nothing there is real, and the root leads to the reference', async () => {
  await using gateway = await startGateway()
  for (const path of ['/', '/docs', '/problems/wrong_code']) {
    const { body } = await gateway.rest('GET', path)
    assert.match(body, /role="note" lang="en">Sandbox: nothing is sent/)
  }
})

test('the problems that the sources answer with are exactly those of the table', () => {
  const answered = new Set<string>()
  const files = globSync('**/*.ts', { cwd: src, exclude: ['simulator/**', '**/*.test.ts', '**/examples.ts'] })
  for (const file of files) {
    const source = readFileSync(new URL(file, src), 'utf8')
    const uses = /(?:new (?:GatewayError|UpstreamFailure|Outage)\(\s*|\bcode: |\b\d{3}: )'([a-z_]+)'/g
    for (const [, code = ''] of source.matchAll(uses)) answered.add(code)
  }
  assert.deepEqual([...answered].sort(), Object.keys(problems).sort())
})
