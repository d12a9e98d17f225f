import { readFileSync } from 'node:fs'
import * as z from 'zod'

/** The version in package.json, which lies one folder above this file in the sources and in the package. */
export const version = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).version
