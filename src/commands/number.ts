import { GatewayError } from '../errors.ts'
import { type Phone, readPhone } from '../phone.ts'
import { UsageError } from './command.ts'

/** The number that a command is called with, as people write it. */
export function readNumber(text: string, options: { fictional: boolean }): Phone {
  try {
    return readPhone(text, options)
  } catch (error) {
    if (error instanceof GatewayError) throw new UsageError(error.message)
    throw error
  }
}
