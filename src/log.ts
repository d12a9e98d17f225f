import pino, { type DestinationStream, type Logger } from 'pino'

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'fatal' | 'debug'>

/** One line of JSON an event, on standard error: standard output is for answers. */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: redacted }, destination)
}

/** Numbers, codes and secrets wherever a request or an upstream call might be logged whole. */
const redacted = {
  paths: [
    'input.code',
    'input.number',
    'input.msisdn',
    'req.headers.authorization',
    'headers.authorization',
    'body.code',
    'body.number',
    'parameters.code',
    'parameters.number',
  ],
  censor: '[redacted]',
}
