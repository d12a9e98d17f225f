import { addressOf } from './message.js'

const container = document.querySelector('#phones')
const template = document.querySelector('#phone-template')
const filter = document.querySelector('#filter')
const nothingFound = document.querySelector('#nothing-found')

/** By the number or address they belong to. */
const phones = new Map()

/** Puts a message on top of its phone, and the phone on top of all. */
export function deliver(item, to) {
  const phone = phones.get(to) ?? createPhone(to)
  phone.querySelector('.messages').prepend(item)
  countMessages(phone)
  // Moving an element takes the focus out of it.
  if (!phone.contains(document.activeElement) && container.firstChild !== phone) container.prepend(phone)
}

/** A phone goes with its last message. */
export function takeAway(item, to) {
  const phone = phones.get(to)
  item.remove()
  if (phone.querySelector('.message')) return countMessages(phone)
  phones.delete(to)
  phone.remove()
}

/** The time that stands on every phone. */
export function showTimeOnPhones(text) {
  for (const phone of phones.values()) phone.querySelector('.phone-time').textContent = text
}

/** Shows the phones whose number or address contains what was typed, however numbers are written. */
export function applyFilter() {
  const wanted = plain(filter.value)
  for (const [to, phone] of phones) phone.hidden = !plain(to).includes(wanted)
  nothingFound.hidden = phones.size === 0 || [...phones.values()].some((phone) => !phone.hidden)
}

function createPhone(to) {
  const phone = template.content.cloneNode(true).firstElementChild
  phone.setAttribute('aria-label', addressOf(to))
  phone.querySelector('h2').textContent = addressOf(to)
  phones.set(to, phone)
  return phone
}

function countMessages(phone) {
  const count = phone.querySelectorAll('.message').length
  phone.querySelector('.count').textContent = count === 1 ? '1 message' : `${count} messages`
}

function plain(text) {
  return text.toLowerCase().replace(/[\s()+-]/g, '')
}
