/**
 * The digits of a number as people write it, without + or 00; undefined when they can't be an international number.
 * No country code begins with 0, so a national number is none.
 */
export function readPhoneNumber(text: string): string | undefined {
  const digits = text.replace(/[\s()[\]-]/g, '').replace(/^(?:\+|00)/, '')
  return /^[1-9]\d{6,14}$/.test(digits) ? digits : undefined
}
