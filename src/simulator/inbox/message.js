import { say, spell } from './speech.js'
import { timeOfDay } from './time.js'

const template = document.querySelector('#message-template')
const soonMs = 30_000
const copiedMs = 1500

const channels = {
  sms: { name: 'SMS', icon: 'sms' },
  tts: { name: 'Voice call', icon: 'call' },
  voice: { name: 'Voice call', icon: 'call' },
  whatsapp: { name: 'WhatsApp', icon: 'whatsapp' },
  email: { name: 'Email', icon: 'email' },
  rcs: { name: 'RCS', icon: 'rcs' },
}

const endings = { verified: 'Verified', failed: 'Failed', expired: 'Expired', cancelled: 'Cancelled' }

/** The simulator may know channels that this page does not. */
function channelOf({ channel }) {
  return Object.hasOwn(channels, channel) ? channels[channel] : { name: String(channel), icon: 'other' }
}

/** A number with its plus, an email address as it is. */
export function addressOf(to) {
  return /^\d+$/.test(to) ? `+${to}` : to
}

export function describe(message) {
  const to = addressOf(message.to)
  const code = message.code ? ` The code is ${spell(message.code)}.` : ''
  return `${channelOf(message).name} to ${to.startsWith('+') ? spell(to) : to}.${code}`
}

export function createMessage(message) {
  const item = template.content.cloneNode(true).firstElementChild
  const part = (name) => item.querySelector(name)
  const { name, icon } = channelOf(message)
  part('.app').dataset.icon = icon
  part('.app use').setAttribute('href', `#icon-${icon}`)
  part('.channel').textContent = name
  part('.sender').textContent = message.from ? `from ${message.from}` : ''
  part('.sent').textContent = timeOfDay(message.sent_at)
  part('.sent').dateTime = message.sent_at
  part('.text').textContent = message.text ?? ''
  item.addEventListener('animationend', () => item.classList.remove('arriving'))
  if (!message.code) {
    part('.code').remove()
    return item
  }
  part('.digits').textContent = message.code
  part('.copy').setAttribute('aria-label', `Copy code ${spell(message.code)}`)
  part('.copy').addEventListener('click', () => copy(part('.digits'), part('.copy'), 'Code copied'))
  return item
}

/** Says of a code how long it lasts, or why it no longer does. */
export function showLife(item, message, nowMs) {
  const life = lifeOf(message, nowMs)
  if (item.dataset.life !== life.state) item.dataset.life = life.state
  const element = item.querySelector('.life')
  if (element.textContent !== life.text) element.textContent = life.text
}

function lifeOf({ code, ended, expires_at: expiresAt }, nowMs) {
  if (ended === 'verified') return { state: 'verified', text: endings.verified }
  if (ended) return { state: 'over', text: endings[ended] }
  if (!code || !expiresAt) return { state: 'live', text: '' }
  const leftMs = Date.parse(expiresAt) - nowMs
  if (leftMs <= 0) return { state: 'over', text: endings.expired }
  const seconds = Math.ceil(leftMs / 1000)
  const text = `Expires in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return { state: leftMs <= soonMs ? 'soon' : 'live', text }
}

/** Where the page may not write to the clipboard, it selects the text. */
export async function copy(element, label, spoken) {
  try {
    await navigator.clipboard.writeText(element.textContent)
  } catch {
    getSelection().selectAllChildren(element)
    say('Selected. Copy it with your keyboard.')
    return
  }
  label.textContent = 'Copied'
  setTimeout(() => {
    label.textContent = 'Copy'
  }, copiedMs)
  say(spoken)
}
