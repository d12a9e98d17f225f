import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const folder = process.env.TOLLGATE_TEST_RECORDED ?? ''

/** The bodies that Vonage's API answered, by the name of their file. */
export function bodiesOf(api: string): Map<string, unknown> {
  const names = readdirSync(join(folder, 'fixtures', api)).filter((name) => name.endsWith('.json'))
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(folder, 'fixtures', api, name), 'utf8'))]))
}

/** Vonage's OpenAPI documents whose names begin so. */
export function documentsOf(prefix: string): { name: string; content: unknown }[] {
  const names = readdirSync(join(folder, 'openapi')).filter((name) => name.startsWith(prefix) && name.endsWith('.yml'))
  return names.map((name) => ({ name, content: parse(readFileSync(join(folder, 'openapi', name), 'utf8')) }))
}
