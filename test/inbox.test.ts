import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { SimulatedClock } from '../src/clock.ts'
import { createSimulator } from '../src/simulator/simulator.ts'
import { startSimulator } from '../src/simulator/simulator-under-test.ts'
import { backgroundOf, inspectAccessibility, launchBrowser, openPage } from './support/browser.ts'
import { startGateway } from './support/gateway.ts'
import { at, startPhones } from './support/phones.ts'
import { startVonageApart } from './support/vonage-apart.ts'

let browser: Browser

before(async () => {
  browser = await launchBrowser()
})

after(() => browser.close())

const number = '+44 7700 900123'
const code = (page: Page) => page.getByRole('button', { name: /^Copy code/ })
const digits = (page: Page) => page.getByText(/^\d{6}$/).innerText()
const clockTime = (page: Page) => page.getByRole('region', { name: 'Simulated time' }).getByRole('time').innerText()

test('a code arrives without a reload, is accepted as it stands there, and is then marked as verified', async () => {
  await using gateway = await startGateway()
  await using opened = await openPage(browser, `${gateway.addresses.simulator}/inbox`)
  const { page, hosts, faults } = opened
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  const { body } = await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' })
  const given = { request_id: body.request_id, code: await digits(page) }
  const phone = page.getByRole('article', { name: '+447700900123' })
  await phone.getByText(`Acme code: ${given.code}. Valid for 5 minutes.`).waitFor()
  const checked = await gateway.rest('POST', '/v1/verifications/check', given)
  assert.equal(checked.body.state, 'verified')
  await phone.getByText('Verified').waitFor()
  assert.deepEqual([...hosts], [gateway.addresses.simulator])
  assert.deepEqual(faults, [])
})

test('the buttons move the time, and a code shows how long it lasts until it has expired', async () => {
  await using gateway = await startGateway()
  await using opened = await openPage(browser, `${gateway.addresses.simulator}/inbox`)
  const { page } = opened
  const { body } = await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' })
  await page.getByText('Expires in 5:00').waitFor()
  assert.equal(await clockTime(page), '2026-01-01 12:00:00 UTC')
  await page.getByText('standing still').waitFor()
  const given = { request_id: body.request_id, code: await digits(page) }
  await page.getByRole('button', { name: '+30 sec' }).click()
  await page.getByText('Expires in 4:30').waitFor()
  await page.getByRole('button', { name: '+1 min' }).click()
  await page.getByText('Expires in 3:30').waitFor()
  assert.equal(await clockTime(page), '2026-01-01 12:01:30 UTC')
  assert.equal(gateway.clock.now(), Date.parse(at(90)))
  await page.getByRole('button', { name: '+5 min' }).click()
  await page.getByText('Expired', { exact: true }).waitFor()
  const checked = await gateway.rest('POST', '/v1/verifications/check', given)
  assert.equal(checked.body.code, 'verification_expired')
})

test('a time that runs with the wall is seen to run', async () => {
  await using vonage = await startVonageApart()
  await using opened = await openPage(browser, `${vonage.url}/inbox`)
  await opened.page.getByText('running').waitFor()
  const seen = await clockTime(opened.page)
  await opened.page.waitForFunction((old) => !Object(globalThis).document.body.innerText.includes(old), seen)
  assert.ok((await clockTime(opened.page)) > seen)
})

test('everything works from the keyboard, in the order it is seen in, and the focus is seen', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  await using opened = await openPage(browser, `${vonage.base}/inbox`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const { page } = opened
  await code(page).waitFor()
  const spelled = [...vonage.lastCode()].join(' ')
  const stops = ['+30 sec', '+1 min', '+5 min', 'Find a number or address', `Copy code ${spelled}`]
  for (const stop of stops) {
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(focusedName), stop)
    assert.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid', stop)
    if (stop !== '+1 min') continue
    await page.keyboard.press('Enter')
    await page.getByText('Expires in 4:00').waitFor()
  }
  await page.keyboard.press('Space')
  await page.getByRole('status').filter({ hasText: 'Code copied' }).waitFor()
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), vonage.lastCode())
})

const focusedName = `(({ ariaLabel, labels, innerText }) => ariaLabel ?? labels[0]?.textContent ?? innerText)(document.activeElement)`

test('a screen reader finds the parts of the page by name, and hears of many messages in a few words', async () => {
  await using vonage = await startSimulator()
  await using opened = await openPage(browser, `${vonage.base}/inbox`, { prepare: (page) => page.clock.install() })
  const { page } = opened
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  await page.clock.pauseAt(Date.now() + 3_600_000)
  await page.evaluate(listen)
  const heard = () => page.evaluate('heard')
  await vonage.start()
  await code(page).waitFor()
  const first = `SMS to + 4 4 7 7 0 0 9 0 0 1 2 3. The code is ${[...vonage.lastCode()].join(' ')}.`
  assert.deepEqual(await heard(), [first])
  for (let index = 0; index < 30; index += 1) await vonage.start({ number: String(447700900200 + index) })
  await page.getByRole('article', { name: '+447700900229' }).waitFor()
  assert.deepEqual(await heard(), [first], 'it says nothing more for a while')
  await page.clock.runFor(5000)
  const last = `SMS to + 4 4 7 7 0 0 9 0 0 2 2 9. The code is ${[...vonage.lastCode('447700900229')].join(' ')}.`
  assert.deepEqual(await heard(), [first, `30 new messages. The newest: ${last}`])
  assert.equal(await page.getByRole('banner').getByRole('heading', { level: 1, name: 'Inbox' }).count(), 1)
  const buttons = page.getByRole('region', { name: 'Simulated time' }).getByRole('group', { name: 'Advance the time' })
  assert.equal(await buttons.getByRole('button').count(), 3)
  const main = page.getByRole('main')
  assert.equal(await main.getByRole('search').getByLabel('Find a number or address').count(), 1)
  const phone = main.getByRole('article', { name: '+447700900123' })
  assert.equal(await phone.getByRole('heading', { level: 2, name: '+447700900123' }).count(), 1)
  assert.equal(
    await phone
      .getByRole('listitem')
      .getByRole('button', { name: /^Copy code \d \d \d \d$/ })
      .count(),
    1,
  )
})

const listen = `
  globalThis.heard = []
  const status = document.querySelector('#announcement')
  new MutationObserver(() => heard.push(status.textContent)).observe(status, { childList: true })
`

test('light and dark both have enough contrast everywhere, and nothing that axe finds wrong', async () => {
  await using phones = await startPhones()
  const backgrounds = new Set<unknown>()
  const messages: Record<string, unknown>[] = ['verified', 'failed', 'expired', 'cancelled'].map((ended) => ({ ended }))
  const channels = ['sms', 'tts', 'whatsapp', 'email', 'rcs', 'pigeon']
  messages.push(...channels.map((channel) => ({ channel, to: channel === 'email' ? 'a@example.com' : channel })))
  messages.push({ expires_at: at(20) }, { expires_at: at(0) })
  for (const colorScheme of ['light', 'dark'] as const) {
    await using opened = await openPage(browser, phones.url, {
      colorScheme,
      // A text that still appears has another contrast.
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 2400 },
    })
    const { page, faults } = opened
    if (backgrounds.size === 0) {
      await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
      assert.deepEqual((await inspectAccessibility(page)).problems, [], 'the empty page')
      for (const [index, message] of messages.entries()) phones.receive({ to: `44770090030${index % 4}`, ...message })
    }
    await page.getByRole('heading', { name: 'pigeon' }).waitFor()
    const { problems, contrasts } = await inspectAccessibility(page)
    assert.deepEqual(problems, [], colorScheme)
    assert.ok(contrasts.length > 60, `${contrasts.length} texts`)
    assert.ok(Math.min(...contrasts) >= 4.5, `${colorScheme}: ${Math.min(...contrasts)}`)
    assert.deepEqual(faults, [])
    backgrounds.add(await backgroundOf(page))
  }
  assert.equal(backgrounds.size, 2)
})

test('a reset empties the page at once, and what comes after it is shown', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  await using opened = await openPage(browser, `${vonage.base}/inbox`)
  const { page } = opened
  await code(page).focus()
  await vonage.send('/simulator/reset', { method: 'POST' })
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  assert.equal(await page.getByRole('article').count(), 0)
  assert.equal(await page.getByRole('status').first().innerText(), 'The inbox has been emptied.')
  assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the focus is not lost')
  await vonage.start({ number: '447700900124' })
  await page.getByRole('article', { name: '+447700900124' }).waitFor()
})

test('every channel has its name, an address is shown as it is, and what is unknown or missing breaks nothing', async () => {
  await using phones = await startPhones()
  await using opened = await openPage(browser, phones.url)
  const { page, faults } = opened
  const names = { sms: 'SMS', tts: 'Voice call', whatsapp: 'WhatsApp', email: 'Email', rcs: 'RCS', pigeon: 'pigeon' }
  for (const channel of Object.keys(names)) phones.receive({ channel, to: `${channel}@example.com`, code: 'AB12' })
  for (const [channel, name] of Object.entries(names)) {
    const phone = page.getByRole('article', { name: `${channel}@example.com` })
    await phone.getByText(name, { exact: true }).waitFor()
    assert.equal(await phone.getByRole('button', { name: 'Copy code A B 1 2' }).count(), 1)
  }
  const missing = { code: undefined, expires_at: undefined, from: undefined, text: undefined }
  phones.receive({ ...missing, to: '447700900123', channel: 'constructor' })
  const bare = page.getByRole('article', { name: '+447700900123' })
  await bare.getByText('constructor', { exact: true }).waitFor()
  assert.doesNotMatch(await bare.innerText(), /undefined|Expires/)
  phones.receive({ to: '447700900124', text: '<img src=x onerror=alert(1)>', from: '<b>' })
  await page.getByText('<img src=x onerror=alert(1)>').waitFor()
  assert.deepEqual(faults, [])
})

test('of many messages the latest 200 are shown, the newest first, and a number among them is found', async () => {
  await using phones = await startPhones()
  await using opened = await openPage(browser, phones.url)
  const { page } = opened
  const receive = (index: number) => phones.receive({ to: String(447700900000 + index) })
  for (let index = 0; index < 250; index += 1) receive(index)
  const titles = page.getByRole('article').getByRole('heading')
  await page.getByText('The latest 200 messages').waitFor()
  assert.deepEqual([await titles.count(), await titles.first().innerText()], [200, '+447700900249'])
  await page.getByRole('article', { name: '+447700900050' }).waitFor()
  receive(250)
  await page.getByRole('article', { name: '+447700900250' }).waitFor()
  assert.equal(await titles.count(), 200)
  assert.equal(await page.getByRole('article', { name: '+447700900050' }).count(), 0, 'the oldest is gone')
  // A message brings its phone to the front.
  receive(100)
  await page.getByText('2 messages').waitFor()
  assert.equal(await titles.first().innerText(), '+447700900100')
  const filter = page.getByLabel('Find a number or address')
  await filter.fill('+44 (7700) 900-12')
  assert.equal(await titles.count(), 10)
  await filter.fill('nobody')
  await page.getByText('No phone has such a number or address.').waitFor()
  assert.equal(await titles.count(), 0)
})

test('while the simulator is away the page says so, and it goes on by itself when it is back', async (t) => {
  const vonage = await startSimulator()
  await vonage.start()
  await using opened = await openPage(browser, `${vonage.base}/inbox`)
  const { page } = opened
  await code(page).waitFor()
  await vonage.simulator.close()
  await page.getByRole('alert').filter({ hasText: 'The simulator does not answer.' }).waitFor()
  await page.getByText('not connected').waitFor()
  await page.getByRole('button', { name: '+1 min' }).click()
  await page.getByRole('alert').filter({ hasText: 'The time could not be advanced.' }).waitFor()
  const clock = new SimulatedClock({ standsAt: Date.parse(at(600)) })
  const back = createSimulator({ clock, apiKey: 'abcd1234', apiSecret: 'mySecret9' })
  t.after(() => back.close())
  await back.listen({ host: '127.0.0.1', port: Number(new URL(vonage.base).port) })
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  assert.equal(await page.getByRole('alert').isVisible(), false)
  assert.equal(await clockTime(page), '2026-01-01 12:10:00 UTC')
})

test('a hidden page lets go of the simulator, and knows what it missed when it is seen again', async () => {
  await using vonage = await startSimulator()
  await using opened = await openPage(browser, `${vonage.base}/inbox`)
  const { page } = opened
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  const ended = page.waitForEvent('requestfailed')
  await page.evaluate(`${setHidden}(true)`)
  assert.equal((await ended).url(), `${vonage.base}/inbox/events`)
  await vonage.start()
  await page.evaluate(`${setHidden}(false)`)
  await code(page).waitFor()
})

const setHidden = `((hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
})`

test('the page fits a narrow screen, whatever its messages hold', async () => {
  await using phones = await startPhones()
  phones.receive({ to: '447700900123', from: 'a very long name of a sender that has no end', text: 'x'.repeat(500) })
  phones.receive({ to: `${'long'.repeat(12)}@example.com`, channel: 'email', code: 'ABCDEFGHIJ' })
  await using opened = await openPage(browser, phones.url, { viewport: { width: 390, height: 844 } })
  const { page } = opened
  await page.getByText('x'.repeat(500)).waitFor()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390)
  for (const phone of await page.getByRole('article').all()) {
    const frame = await phone.boundingBox()
    const message = await phone.getByRole('listitem').boundingBox()
    assert.ok(frame && message && message.x > frame.x && message.x + message.width < frame.x + frame.width)
  }
})
