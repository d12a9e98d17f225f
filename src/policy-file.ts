import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { canonicalJson } from './canonical-json.ts'
import { ConfigError } from './config-error.ts'
import { defaultPolicy, type Policy } from './guard/policy-schema.ts'
import { readPolicy } from './guard/read-policy.ts'

/** A policy that can be in force. */
export interface LoadedPolicy {
  policy: Policy
  /** 12 hex digits, the same for every writing of the same policy. */
  version: string
  /** Where it is written; absent for what holds without a file. */
  file?: string | undefined
}

const ownName = 'tollgate.policy.yaml'

/** Reads the policy of this file, or of tollgate.policy.yaml where there is one. Throws a ConfigError, a line an error. */
export async function loadPolicy(path: string | undefined): Promise<LoadedPolicy> {
  const file = path ?? (existsSync(ownName) ? ownName : undefined)
  if (file === undefined) return { policy: defaultPolicy, version: versionOf(defaultPolicy) }
  const policy = await readPolicy(contentOf(file), basename(file))
  return { policy, version: versionOf(policy), file }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw new ConfigError(`the policy ${file} can't be read: ${reason}`)
  }
}

function versionOf(policy: Policy): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex').slice(0, 12)
}
