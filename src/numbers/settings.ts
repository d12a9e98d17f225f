import type { NumberEntry } from '../vonage/vonage.ts'

/** What callers can set on a number, by Vonage's own names. An empty string clears. */
export interface NumberSettings {
  app_id?: string | undefined
  moHttpUrl?: string | undefined
  moSmppSysType?: string | undefined
  voiceCallbackType?: string | undefined
  voiceCallbackValue?: string | undefined
  voiceStatusCallback?: string | undefined
}

const names = [
  'app_id',
  'moHttpUrl',
  'moSmppSysType',
  'voiceCallbackType',
  'voiceCallbackValue',
  'voiceStatusCallback',
  // Not for callers, because Vonage has deprecated them; but a number may have them.
  'messagesCallbackType',
  'messagesCallbackValue',
]

/** What a change sets. */
export function wanted(changes: NumberSettings): Record<string, string> {
  const given = { ...changes }
  // Vonage takes a value with its type only, so whoever clears the type clears both.
  if (given.voiceCallbackType === '') given.voiceCallbackValue ??= ''
  return texts(given)
}

/** All settings of a number after a change. Vonage's update clears what it isn't given, so everything is sent. */
export function merge(owned: NumberEntry, settings: Record<string, string>): Record<string, string> {
  return { ...texts(owned), ...settings }
}

/** Whether a number has these settings; those that are empty it does not have. */
export function has(owned: NumberEntry, settings: Record<string, string>): boolean {
  return Object.entries(settings).every(([name, value]) => (owned[name] ?? '') === value)
}

function texts(from: object): Record<string, string> {
  const given = new Map<string, unknown>(Object.entries(from))
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given.get(name)
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
