const quietMs = 5000

const announcement = document.querySelector('#announcement')
let arrived = []
let quiet

/** For screen readers. */
export function say(text) {
  announcement.textContent = text
}

/** The first message is told at once; those that follow soon after are told together. */
export function sayArrived(descriptions) {
  arrived.push(...descriptions)
  if (quiet === undefined) tellArrived()
}

/** Digit by digit, so that a screen reader doesn't read a million. */
export function spell(text) {
  return [...text].join(' ')
}

function tellArrived() {
  quiet = undefined
  if (arrived.length === 0) return
  say(arrived.length === 1 ? arrived[0] : `${arrived.length} new messages. The newest: ${arrived.at(-1)}`)
  arrived = []
  quiet = setTimeout(tellArrived, quietMs)
}
