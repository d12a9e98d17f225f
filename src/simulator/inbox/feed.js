const retryMs = 1000

/**
 * Follows the simulator's events, and comes back by itself when the simulator does. A hidden page lets go: a browser
 * allows six connections to a host, and the pages that are seen need them.
 */
export function follow({ onEvent, onAway }) {
  let source
  let retry

  function connect() {
    disconnect()
    source = new EventSource('/inbox/events')
    for (const name of ['all', 'news']) {
      source.addEventListener(name, ({ data }) => onEvent(name, JSON.parse(data)))
    }
    source.addEventListener('error', () => {
      disconnect()
      onAway()
      retry = setTimeout(connect, retryMs)
    })
  }

  function disconnect() {
    clearTimeout(retry)
    source?.close()
  }

  function attend() {
    if (document.hidden) disconnect()
    else connect()
  }

  document.addEventListener('visibilitychange', attend)
  attend()
}
