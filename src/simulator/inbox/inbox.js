const pollMs = 1000
const shownMessages = 200
const channelNames = { sms: 'SMS', tts: 'Call', whatsapp: 'WhatsApp', rcs: 'RCS', email: 'Email' }

const page = {
  announcement: document.querySelector('#announcement'),
  command: document.querySelector('#command'),
  copyCommand: document.querySelector('#copy-command'),
  empty: document.querySelector('#empty'),
  messageTemplate: document.querySelector('#message-template'),
  now: document.querySelector('#now'),
  phoneTemplate: document.querySelector('#phone-template'),
  phones: document.querySelector('#phones'),
  trouble: document.querySelector('#trouble'),
}

/** What the page shows: elements by number and by the key of their message. */
const phones = new Map()
const items = new Map()
let isFirstLook = true
let lastLook = Promise.resolve()

/** One look after the other: an older answer must not overtake a newer one. */
function refresh() {
  lastLook = lastLook.then(look)
  return lastLook
}

async function look() {
  try {
    const [inbox, clock] = await Promise.all([
      readJson(`/inbox/messages?last=${shownMessages}`),
      readJson('/simulator/clock'),
    ])
    showTrouble('')
    showNow(clock.now)
    showMessages(inbox.messages)
  } catch {
    showTrouble('The simulator does not answer. This page goes on by itself when it is back.')
  }
}

async function readJson(url, options) {
  const response = await fetch(url, options)
  const body = await response.json()
  if (!response.ok) throw new Error(body.error)
  return body
}

function showMessages(messages) {
  const keyed = withKeys(messages)
  const keys = new Set(keyed.map(({ key }) => key))
  for (const [key, item] of items) {
    if (!keys.has(key)) removeMessage(key, item)
  }
  const fresh = keyed.filter(({ key }) => !items.has(key))
  for (const { key, message } of fresh) showMessage(key, message)
  page.empty.hidden = messages.length > 0
  if (!isFirstLook && fresh.length > 0) announce(describe(fresh.at(-1).message))
  isFirstLook = false
}

/** A message has no id of its own; equal ones are told apart by counting them. */
function withKeys(messages) {
  const seen = new Map()
  return messages.map((message) => {
    const name = `${message.request_id} ${message.sent_at} ${message.channel}`
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return { key: `${name} ${count}`, message }
  })
}

function showMessage(key, message) {
  const phone = phones.get(message.to) ?? addPhone(message.to)
  const list = phone.querySelector('.messages')
  const item = createMessage(message)
  items.set(key, item)
  list.append(item)
  list.scrollTop = list.scrollHeight
  // Moving an element takes the focus out of it.
  if (!phone.contains(document.activeElement) && page.phones.firstChild !== phone) page.phones.prepend(phone)
}

/** A message goes when the simulator begins anew or has too many. */
function removeMessage(key, item) {
  const phone = item.closest('.phone')
  items.delete(key)
  item.remove()
  if (phone.querySelector('.message')) return
  phones.delete(phone.dataset.number)
  phone.remove()
}

function addPhone(number) {
  const phone = page.phoneTemplate.content.cloneNode(true).firstElementChild
  const title = phone.querySelector('h2')
  title.textContent = number.includes('@') ? number : `+${number}`
  title.id = `phone-${number}`
  phone.setAttribute('aria-labelledby', title.id)
  phone.dataset.number = number
  phones.set(number, phone)
  page.phones.prepend(phone)
  return phone
}

function createMessage(message) {
  const item = page.messageTemplate.content.cloneNode(true).firstElementChild
  const part = (name) => item.querySelector(name)
  part('.channel').textContent = channelNames[message.channel]
  part('.sender').textContent = `from ${message.from}`
  part('time').textContent = message.sent_at.slice(11, 19)
  part('time').dateTime = message.sent_at
  part('.text').textContent = message.text
  part('.digits').textContent = message.code
  part('.code').setAttribute('aria-label', `Copy code ${spell(message.code)}`)
  part('.code').addEventListener('click', () => copy(part('.digits'), part('.copy-label'), 'Code copied'))
  item.classList.toggle('arriving', !isFirstLook)
  return item
}

function describe(message) {
  return `${channelNames[message.channel]} to ${spell(message.to)}. The code is ${spell(message.code)}.`
}

/** Digit by digit, so that a screen reader doesn't read a million. */
function spell(digits) {
  return [...digits].join(' ')
}

/** Where the page may not write to the clipboard, it selects the text. */
async function copy(element, label, spoken) {
  try {
    await navigator.clipboard.writeText(element.textContent)
  } catch {
    getSelection().selectAllChildren(element)
    announce('Selected. Copy it with your keyboard.')
    return
  }
  label.textContent = 'Copied'
  setTimeout(() => {
    label.textContent = 'Copy'
  }, 1500)
  announce(spoken)
}

function showNow(now) {
  page.now.textContent = `${now.slice(0, 10)} ${now.slice(11, 19)} UTC`
  page.now.dateTime = now
}

function showTrouble(text) {
  if (page.trouble.textContent !== text) page.trouble.textContent = text
  page.trouble.hidden = text === ''
}

function announce(text) {
  page.announcement.textContent = text
}

async function advance(button) {
  if (button.getAttribute('aria-disabled') === 'true') return
  button.setAttribute('aria-disabled', 'true')
  try {
    const body = JSON.stringify({ advance_seconds: Number(button.dataset.advanceSeconds) })
    const headers = { 'content-type': 'application/json' }
    const { now } = await readJson('/simulator/clock', { method: 'POST', headers, body })
    announce(`It is now ${now.slice(11, 19)}.`)
    await refresh()
  } catch {
    showTrouble('The time could not be advanced.')
  } finally {
    button.removeAttribute('aria-disabled')
  }
}

async function keepRefreshing() {
  await refresh()
  setTimeout(keepRefreshing, pollMs)
}

for (const button of document.querySelectorAll('[data-advance-seconds]')) {
  button.addEventListener('click', () => advance(button))
}
page.copyCommand.addEventListener('click', () => copy(page.command, page.copyCommand, 'Command copied'))
keepRefreshing()
