import type { Dispatcher } from 'undici'

export interface Exchanged {
  status: number
  text: string
}

const utf8 = new TextDecoder()

/**
 * Sends a request and reads its whole answer. Rejects with the network's error, or with a TimeoutError when all of it takes
 * longer than `timeoutMs`. The pool's own `request` makes a stream and an abort signal of each call and takes twice as long.
 */
export function exchange(pool: Dispatcher, request: Dispatcher.DispatchOptions, timeoutMs: number): Promise<Exchanged> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>()
  let breakOff = (_reason: Error) => {}
  let late: Error | undefined
  const timer = setTimeout(() => {
    late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    breakOff(late)
    reject(late)
  }, timeoutMs)
  let status = 0
  const chunks: Buffer[] = []
  pool.dispatch(request, {
    onRequestStart(controller) {
      breakOff = (reason) => controller.abort(reason)
      // It waited in the pool until nobody wanted it any more: then it is not sent.
      if (late) breakOff(late)
    },
    onResponseStart(_controller, statusCode) {
      status = statusCode
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk)
    },
    onResponseEnd() {
      clearTimeout(timer)
      resolve({ status, text: utf8.decode(Buffer.concat(chunks)) })
    },
    onResponseError(_controller, error) {
      clearTimeout(timer)
      reject(error)
    },
  })
  return promise
}
