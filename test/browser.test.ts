import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { problems } from '../src/problems.ts'
import { backgroundOf, inspectAccessibility, launchBrowser, openPage } from './support/browser.ts'
import { startGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { mcpCall } from './support/mcp-call.ts'

let browser: Browser

before(async () => {
  browser = await launchBrowser()
})

after(() => browser.close())

for (const [path, heading] of [
  ['/docs', 'tollgate API'],
  ['/problems/wrong_code', 'Wrong code'],
] as const) {
  test(`${path} is readable in light and dark, to everyone, and asks no other host`, async () => {
    await using gateway = await startGateway()
    const backgrounds = new Set<unknown>()
    for (const colorScheme of ['light', 'dark'] as const) {
      await using opened = await openPage(browser, `${gateway.addresses.rest}${path}`, { colorScheme })
      const { page, hosts, faults } = opened
      assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), heading)
      await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
      const found = await inspectAccessibility(page)
      assert.deepEqual(found.problems, [], colorScheme)
      assert.ok(found.contrasts.length > 5 && Math.min(...found.contrasts) >= 4.5, colorScheme)
      backgrounds.add(await backgroundOf(page))
      assert.deepEqual([...hosts], [gateway.addresses.rest])
      assert.deepEqual(faults, [])
    }
    assert.equal(backgrounds.size, 2)
  })
}

test('the reference and the problem pages fit the width of a phone', async () => {
  await using gateway = await startGateway()
  for (const path of ['/docs', ...Object.keys(problems).map((code) => `/problems/${code}`)]) {
    await using opened = await openPage(browser, `${gateway.addresses.rest}${path}`, {
      viewport: { width: 390, height: 844 },
    })
    assert.equal(await opened.page.evaluate('document.documentElement.scrollWidth'), 390, path)
  }
})

test('the page of an approval shows what a caller has written without being misled by it', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
  const input = { country: 'GB', msisdn: '447418012439', app_id: '<b>\u202eevil\u200b</b>' }
  const { body } = await mcpCall(gateway.addresses.mcp, 'tools/call', { name: 'update-number', arguments: input })
  const { url } = body.result.structuredContent.approval
  await using opened = await openPage(browser, url)
  assert.match(await opened.page.locator('table').innerText(), /<b>\\u\{202e\}evil\\u\{200b\}<\/b>/)
})

test('a person approves on the page with their key, without a script, and is told what is wrong', async () => {
  await using gateway = await startGateway()
  const agent = await makeKey(gateway, { name: 'agent', scopes: ['numbers:read', 'numbers:buy'] })
  const ops = await makeKey(gateway, { name: 'ops', scopes: ['admin'] })
  const buy = async () => {
    const input = { country: 'GB', msisdn: '447418012439' }
    const { body } = await mcpCall(
      gateway.addresses.mcp,
      'tools/call',
      { name: 'buy-number', arguments: input },
      bearer(agent),
    )
    return body.result.structuredContent
  }
  const { url } = (await buy()).approval
  for (const colorScheme of ['light', 'dark'] as const) {
    await using opened = await openPage(browser, url, { colorScheme, viewport: { width: 390, height: 844 } })
    const found = await inspectAccessibility(opened.page)
    assert.deepEqual(found.problems, [], colorScheme)
    assert.ok(Math.min(...found.contrasts) >= 4.5, colorScheme)
    assert.equal(await opened.page.evaluate('document.documentElement.scrollWidth'), 390)
  }
  await using opened = await openPage(browser, url, { javaScriptEnabled: false })
  const { page, hosts } = opened
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Buy the number 447418012439 of GB?')
  for (const [key, said] of [
    [agent, 'This takes the scope admin'],
    [`${ops}x`, 'The gateway does not know this key'],
  ] as const) {
    await page.getByLabel('Your admin key').fill(key)
    await page.getByRole('button', { name: 'Approve' }).click()
    assert.match(await page.getByRole('alert').innerText(), new RegExp(said))
  }
  assert.equal((await buy()).code, 'approval_required')
  await page.getByLabel('Your admin key').fill(ops)
  await page.getByRole('button', { name: 'Approve' }).click()
  assert.match(await page.locator('main').innerText(), /It is approved/)
  assert.equal(await page.getByRole('button').count(), 0)
  assert.deepEqual([...hosts], [gateway.addresses.rest])
  assert.ok(!(await page.content()).includes(ops))
  assert.equal((await buy())['error-code'], '200')
  await page.reload()
  assert.ok(!gateway.log.join('').includes(ops.slice(-43)))
})
