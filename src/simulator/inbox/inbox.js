import { follow } from './feed.js'
import { copy, createMessage, describe, showLife } from './message.js'
import { applyFilter, deliver, showTimeOnPhones, takeAway } from './phones.js'
import { say, sayArrived } from './speech.js'
import { advance, setClock, showNow, simulatedNow, stopClock, timeOfDay } from './time.js'

const mostMessages = 200
const tickMs = 500

const page = Object.fromEntries(
  ['command', 'copy-command', 'empty', 'filter', 'latest-only', 'main', 'tools', 'trouble'].map((id) => [
    id,
    document.getElementById(id),
  ]),
)

/** What the page shows, oldest first: each message with its element. */
const shown = new Map()
let newestId = 0

/** The ids of messages begin anew with the simulator. */
function keyOf({ id, request_id, sent_at }) {
  return `${id} ${request_id} ${sent_at}`
}

function showAll(messages) {
  const wasEmpty = shown.size === 0
  const keys = new Set(messages.map(keyOf))
  for (const key of shown.keys()) {
    if (!keys.has(key)) remove(key)
  }
  for (const message of messages) show(message)
  newestId = messages.at(-1)?.id ?? 0
  if (!wasEmpty && messages.length === 0) say('The inbox has been emptied.')
}

function showNews(messages) {
  // What changed of a message that has left the page is no news.
  const relevant = messages.filter((message) => message.id > newestId || shown.has(keyOf(message)))
  const arrived = relevant.filter((message) => message.id > newestId)
  for (const message of relevant) show(message)
  for (const message of arrived) shown.get(keyOf(message)).item.classList.add('arriving')
  for (const key of [...shown.keys()].slice(0, -mostMessages)) remove(key)
  newestId = arrived.at(-1)?.id ?? newestId
  sayArrived(arrived.map(describe))
}

function show(message) {
  const key = keyOf(message)
  const known = shown.get(key)
  const item = known?.item ?? createMessage(message)
  shown.set(key, { message, item })
  if (!known) deliver(item, message.to)
}

function remove(key) {
  const { message, item } = shown.get(key)
  const hadFocus = item.contains(document.activeElement)
  shown.delete(key)
  takeAway(item, message.to)
  if (hadFocus) page.main.focus()
}

/** All that depends on the time. */
function tick() {
  const now = simulatedNow()
  showNow()
  for (const { message, item } of shown.values()) showLife(item, message, now)
  showTimeOnPhones(new Date(now).toISOString().slice(11, 16))
}

function showTrouble(text) {
  if (page.trouble.textContent !== text) page.trouble.textContent = text
  page.trouble.hidden = text === ''
}

async function advanceBy(button) {
  if (button.getAttribute('aria-disabled') === 'true') return
  button.setAttribute('aria-disabled', 'true')
  try {
    const now = await advance(Number(button.dataset.advanceSeconds))
    say(`It is now ${timeOfDay(now)}.`)
  } catch {
    showTrouble('The time could not be advanced.')
  } finally {
    button.removeAttribute('aria-disabled')
  }
}

for (const button of document.querySelectorAll('[data-advance-seconds]')) {
  button.addEventListener('click', () => advanceBy(button))
}
page.filter.addEventListener('input', applyFilter)
page['copy-command'].addEventListener('click', () => copy(page.command, page['copy-command'], 'Command copied'))
setInterval(tick, tickMs)

follow({
  onEvent(name, { clock, messages }) {
    setClock(clock)
    showTrouble('')
    if (name === 'all') showAll(messages)
    else showNews(messages)
    page.empty.hidden = shown.size > 0
    page.tools.hidden = shown.size === 0
    page['latest-only'].hidden = shown.size < mostMessages
    applyFilter()
    tick()
  },
  onAway() {
    stopClock()
    showTrouble('The simulator does not answer. This page goes on by itself when it is back.')
  },
})
