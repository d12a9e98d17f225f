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

/** All settings of a number after a change. Vonage's update clears what it isn't given, so everything is sent. */
export function merge(owned: NumberEntry, changes: NumberSettings): Record<string, string> {
  const given = new Map<string, unknown>(Object.entries(changes))
  // Vonage takes a value with its type only, so whoever clears the type clears both.
  if (changes.voiceCallbackType === '' && changes.voiceCallbackValue === undefined) given.set('voiceCallbackValue', '')
  const settings: Record<string, string> = {}
  for (const name of names) {
    const value = given.get(name) ?? owned[name]
    if (typeof value === 'string') settings[name] = value
  }
  return settings
}
