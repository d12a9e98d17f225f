import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

/** A value that can't be printed: not by a log, not in a template, not in JSON. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/** 447700900123 → 44********23: enough to recognise one's own number, too little to call it. */
export function maskNumber(number: string): string {
  return `${number.slice(0, 2)}${'*'.repeat(Math.max(0, number.length - 4))}${number.slice(-2)}`
}

/**
 * Keys for what is kept of a phone number: a hash to find it by, an encrypted form to send to it again.
 * Written as `hash:encryption[:older encryption…]`, each 64 hex digits. The hash key never changes, because limits
 * hang on it; the first encryption key writes, all of them read.
 */
export class DataKeys {
  readonly #hashKey: Buffer
  readonly #writeKey: Buffer
  readonly #readKeys: Buffer[]

  /** Throws a RangeError when `keys` is not of that form. */
  constructor(keys: Secret) {
    const [hashKey, ...encryptionKeys] = keys
      .reveal()
      .trim()
      .split(':')
      .map((key) => {
        if (!/^[0-9a-f]{64}$/i.test(key)) throw new RangeError('data keys are 64 hex digits each, separated by colons')
        return Buffer.from(key, 'hex')
      })
    const [writeKey] = encryptionKeys
    if (!hashKey || !writeKey) throw new RangeError('data keys are a hash key and at least one encryption key')
    this.#hashKey = hashKey
    this.#writeKey = writeKey
    this.#readKeys = encryptionKeys
  }

  static generate(): Secret {
    return new Secret(`${randomBytes(32).toString('hex')}:${randomBytes(32).toString('hex')}`)
  }

  /** `keys` with a new encryption key that writes from now on. */
  static rotated(keys: Secret): Secret {
    const [hashKey, ...encryptionKeys] = keys.reveal().trim().split(':')
    return new Secret([hashKey, randomBytes(32).toString('hex'), ...encryptionKeys].join(':'))
  }

  /** `keys` without the encryption keys that only read. */
  static newestOnly(keys: Secret): Secret {
    return new Secret(keys.reveal().trim().split(':').slice(0, 2).join(':'))
  }

  /** A keyed hash (HMAC-SHA-256, 32 hex digits) under which a number is found again. */
  hash(text: string): string {
    return createHmac('sha256', this.#hashKey).update(text).digest('hex').slice(0, 32)
  }

  /** AES-256-GCM: nonce (12 bytes), tag (16 bytes), ciphertext. */
  seal(text: string): Uint8Array {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#writeKey, nonce)
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
  }

  /** Throws when no key of ours opens it. */
  open(sealed: Uint8Array): string {
    for (const key of this.#readKeys) {
      const text = openWith(key, sealed)
      if (text !== undefined) return text
    }
    throw new Error('no data key opens this value')
  }

  /** Which key opens it: `newest` is the one that writes. */
  keyOf(sealed: Uint8Array): 'newest' | 'older' | 'none' {
    const index = this.#readKeys.findIndex((key) => openWith(key, sealed) !== undefined)
    if (index === 0) return 'newest'
    return index > 0 ? 'older' : 'none'
  }
}

/** Undefined when another key has sealed it. */
function openWith(key: Buffer, sealed: Uint8Array): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
    decipher.setAuthTag(sealed.subarray(12, 28))
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
