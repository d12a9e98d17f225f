import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { problems } from '../src/problems.ts'
import { backgroundOf, inspectAccessibility, launchBrowser, openPage } from './support/browser.ts'
import { startGateway } from './support/gateway.ts'

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
