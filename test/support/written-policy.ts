import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file with this policy, gone at the end of the process. */
export function writtenPolicy(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'tollgate.policy.yaml')
  writeFileSync(file, text)
  return file
}
