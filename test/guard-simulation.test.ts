import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { someFolder } from './support/folder.ts'

const program = fileURLToPath(new URL('../bench/guard.mjs', import.meta.url))

function played(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

test('the guard meets its targets in every scenario', {
  timeout: 600_000,
}, async () => {
  const { code, stdout, stderr } = await played('--quick')
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /laundering .*people\)/)
})

test('without a rule that it needs a scenario misses a target', { timeout: 600_000 }, async () => {
  const { code, stdout, stderr } = await played('--only', 'one range, slowly')
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /without budgets\.prefix .*\n {2}misses: /)
})

const head = 't_s,number,ip,session_id,account_id,attack,would_verify,verify_delay_s,resend_after_s,passes_challenge'

test('people of a file are played too, and what is wrong in it is told with its line', async () => {
  using folder = someFolder()
  const file = join(folder.path, 'people.csv')
  const pumped = Array.from({ length: 200 }, (_, index) => {
    return `${100 + 4 * index},4474000${String(70_000 + index)},10.0.0.${index},,,true,false,,,false`
  })
  writeFileSync(file, [head, '0,447400912345,10.1.1.1,s,a,false,true,20,,true', ...pumped].join('\n'))
  const { code, stdout } = await played('--trace', file)
  assert.equal(code, 0, stdout)
  assert.match(stdout, /\(201 people\)\n {2}loss a day +EUR [0-2]\.\d\d {2}at most EUR/)
  writeFileSync(file, [head, '0,447400912345,10.1.1.1,s,a,maybe,true,20,,true'].join('\n'))
  const wrong = await played('--trace', file)
  assert.notEqual(wrong.code, 0)
  assert.match(wrong.stderr, /people\.csv:2: attack has to be true or false/)
})

test('what it does not know is told with what it knows', async () => {
  assert.deepEqual([(await played('--speed')).code, (await played('--seed', 'x')).code], [2, 2])
  const { code, stderr } = await played('--only', 'nothing like it')
  assert.equal(code, 2)
  assert.match(stderr, /griefing/)
})
