import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { startGateway } from './support/gateway.ts'

let browser: Browser

before(async () => {
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu'],
  })
})

after(() => browser.close())

/** A page that keeps what went wrong and whom it asked. */
async function openPage(url: string): Promise<{ page: Page; hosts: Set<string>; faults: string[] }> {
  const page = await browser.newPage()
  const hosts = new Set<string>()
  const faults: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin)
  })
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  await page.goto(url)
  return { page, hosts, faults }
}

test('a code that is read from the inbox page is accepted', async () => {
  await using gateway = await startGateway()
  const { page, hosts, faults } = await openPage(`${gateway.addresses.simulator}/inbox`)
  const { body } = await gateway.rest('POST', '/v1/verifications', { number: '+44 7700 900123', brand: 'Acme' })
  // It arrives without a reload.
  const message = page.getByText(/Acme code: \d{6}/)
  await message.waitFor()
  const [code] = (await message.innerText()).match(/\d{6}/) ?? []
  const checked = await gateway.rest('POST', '/v1/verifications/check', { request_id: body.request_id, code })
  assert.equal(checked.body.state, 'verified')
  assert.deepEqual([...hosts], [gateway.addresses.simulator])
  assert.deepEqual(faults, [])
  await page.close()
})

test('the API reference and the problem pages are readable and ask no other host', async () => {
  await using gateway = await startGateway()
  for (const [path, heading] of [
    ['/docs', 'tollgate API'],
    ['/problems/wrong_code', 'Wrong code'],
  ]) {
    const { page, hosts, faults } = await openPage(`${gateway.addresses.rest}${path}`)
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), heading)
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert.notEqual(background, 'rgba(0, 0, 0, 0)', 'the stylesheet is applied')
    assert.deepEqual([...hosts], [gateway.addresses.rest])
    assert.deepEqual(faults, [])
    await page.close()
  }
})
