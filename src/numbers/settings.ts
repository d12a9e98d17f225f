import type { NumberEntry } from '../vonage/vonage.ts'

/** What can be set on a number, by Vonage's own names. An empty string clears. */
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
] as const satisfies (keyof NumberSettings)[]

/** All settings of a number after a change. Vonage's update clears what it isn't given, so everything is sent. */
export function merge(owned: NumberEntry, changes: NumberSettings): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const name of names) {
    const value = changes[name] ?? owned[name]
    if (typeof value === 'string') settings[name] = value
  }
  return settings
}
