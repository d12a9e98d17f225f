import { GatewayError } from './errors.ts'

const longestKey = 255

/** RFC 8941: printable ASCII in quotes, in which a quote and a backslash are escaped. */
const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/

/** A token, which here may begin with anything: a UUID mostly begins with a digit. */
const token = /^[\w!#$%&'*+.^`|~:/-]+$/

/** The key in an Idempotency-Key header, of which `"k"` and `k` are two spellings; `values` holds each time it was sent. */
export function readIdempotencyKey(values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined
  const [value = '', ...more] = values
  if (more.length > 0) throw malformed('was sent more than once')
  const inQuotes = quoted.exec(value)?.[1]
  const key = inQuotes === undefined ? token.exec(value)?.[0] : inQuotes.replaceAll(/\\(.)/g, '$1')
  if (key === undefined && value !== '') {
    throw malformed('must be printable ASCII in quotes, such as "8e03978e-40d5", or a token without quotes')
  }
  if (!key) throw malformed('is empty')
  if (key.length > longestKey) throw malformed(`has more than ${longestKey} characters`)
  return key
}

function malformed(reason: string): GatewayError {
  return new GatewayError('malformed_request', `The header Idempotency-Key ${reason}.`)
}
