import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

interface Import {
  from: string
  /** A file of src/, or the name of a package. */
  to: string
  isType: boolean
}

const cwd = fileURLToPath(new URL('../src/', import.meta.url))
const sources = new Map(
  globSync('**/*.ts', { cwd }).map((file) => [file, readFileSync(join(cwd, file), 'utf8')] as const),
)
const isTest = (file: string) => /\.test\.ts$|-under-test\.ts$/.test(file)
const files = [...sources.keys()].filter((file) => !isTest(file)).sort()

function importsOf(from: string): Import[] {
  const source = sources.get(from) ?? ''
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)
  const inCalls = source.matchAll(/\bimport\(\s*(?:(?:'([^']+)')|[^)]*)\)/g)
  const found = [...statements].map(([, type, name = '']) => ({ name, isType: type !== undefined }))
  const called = [...inCalls].map(([, name = 'computed']) => ({ name, isType: false }))
  return [...found, ...called].map(({ name, isType }) => {
    return { from, to: name.startsWith('.') ? join(dirname(from), name) : name, isType }
  })
}

const imports = files.flatMap(importsOf)
const internal = imports.filter(({ to }) => to.endsWith('.ts'))
const shown = ({ from, to }: Import) => `${from} → ${to}`

/** Which imports between files break a rule. */
function breaking(rule: (found: Import) => boolean): string[] {
  return internal.filter((found) => !rule(found)).map(shown)
}

test('every import of the sources leads to a file that there is', () => {
  assert.ok(internal.length > 100, 'the imports are found')
  assert.deepEqual(
    breaking(({ to }) => sources.has(to)),
    [],
  )
})

/** The one direction: what each part may know of. */
const mayImport: Record<string, RegExp> = {
  access:
    /^(access\/|store\/store\.ts|(audit|canonical-json|clock|cursor|errors|log|operation|page-members|privacy)\.ts)/,
  surfaces:
    /^(surfaces\/|access\/(approvals|caller|door|rates|scopes)\.ts|address\.ts|clock\.ts|operations?\.ts|examples\.ts|errors\.ts|idempotency-key\.ts|log\.ts|privacy\.ts|problems\.ts|routes\.ts|verifications\/link\.ts|version\.ts|webhooks\/events\.ts)/,
  verifications:
    /^(verifications\/|access\/(caller|scopes)\.ts|guard\/|vonage\/(vonage|errors)\.ts|store\/store\.ts|tokens\/tokens\.ts|(audit|operation|page-members|errors|clock|cursor|log|money|phone|privacy|problems|sweep|together|turns|utc)\.ts)/,
  numbers:
    /^(numbers\/|access\/(approvals|caller|rates|scopes)\.ts|guard\/|vonage\/(vonage|errors)\.ts|store\/store\.ts|(audit|operation|errors|clock|log|money|plain|privacy|sweep)\.ts)/,
  tokens: /^(tokens\/|store\/store\.ts|(clock|privacy)\.ts)/,
  guard:
    /^(guard\/|access\/caller\.ts|store\/store\.ts|(address|config-error|cursor|operation|page-members|errors|clock|log|money|phone|privacy|together|utc|window)\.ts)/,
  vonage: /^(vonage\/|(errors|clock|log|plain|privacy|problems)\.ts)/,
  store: /^(store\/|(errors|together)\.ts)/,
  webhooks: /^(webhooks\/|guard\/hook\.ts|store\/store\.ts|(clock|config-error|log|privacy)\.ts)/,
  simulator: /^(simulator\/|clock\.ts|vonage\/schemas\.ts)/,
}

for (const [part, allowed] of Object.entries(mayImport)) {
  test(`${part}/ imports nothing but what its rules need`, () => {
    assert.ok(files.some((file) => file.startsWith(`${part}/`)))
    assert.deepEqual(
      breaking(({ from, to }) => !from.startsWith(`${part}/`) || allowed.test(to)),
      [],
    )
  })
}

test('every folder has such a rule, the commands apart, which may start anything', () => {
  const folders = new Set(files.flatMap((file) => (file.includes('/') ? [file.split('/')[0] ?? ''] : [])))
  assert.deepEqual([...folders].sort(), [...Object.keys(mayImport), 'commands'].sort())
})

/** Who may know of a part. */
const mayBeImportedBy: [part: RegExp, by: RegExp][] = [
  [/^gateway\.ts$/, /^commands\//],
  [/^commands\//, /^(commands\/|main\.ts$)/],
  [/^main\.ts$/, /^$/],
  [/^surfaces\//, /^(surfaces\/|gateway\.ts$|commands\/)/],
  [/^simulator\//, /^(simulator\/|gateway\.ts$|commands\/simulator\.ts$)/],
  [/^store\/(?!store\.ts)/, /^(store\/|ledger\.ts$)/],
  [/^ledger\.ts$/, /^(gateway\.ts$|commands\/)/],
  [/^vonage\/(?!(vonage|errors|schemas)\.ts)/, /^(vonage\/|(gateway|pace-book|services)\.ts$)/],
  [/^access\/oauth\.ts$/, /^(access\/door|config|gateway)\.ts$/],
  [/^config\.ts$/, /^((doctor|gateway|ledger|services)\.ts$|commands\/)/],
  [/^services\.ts$/, /^gateway\.ts$/],
  [
    /^access\/(?!(approvals|caller|door|examples|oauth|operations|rates|scopes)\.ts)/,
    /^(access\/|gateway\.ts$|commands\/)/,
  ],
  [/^tokens\/(?!tokens\.ts)/, /^(tokens\/|(gateway|services)\.ts$)/],
  [/^webhooks\/(?!(events|signing|targets)\.ts)/, /^(webhooks\/|gateway\.ts$|commands\/)/],
]

test('the parts that wire and serve are known only to those that start them', () => {
  for (const [part, by] of mayBeImportedBy) {
    assert.ok(
      files.some((file) => part.test(file)),
      `${part} names no file`,
    )
    assert.deepEqual(
      breaking(({ from, to }) => !part.test(to) || by.test(from)),
      [],
    )
  }
})

test('what talks to the outside is used in one part only', () => {
  const users = (name: string) =>
    new Set(
      imports
        .filter(({ to, isType }) => (to === name || to.startsWith(`${name}/`)) && !isType)
        .map(({ from }) => dirname(from)),
    )
  assert.deepEqual(users('node:sqlite'), new Set(['store']))
  assert.deepEqual(users('pg'), new Set(['store']))
  assert.deepEqual(users('undici'), new Set(['vonage', 'webhooks']))
  assert.deepEqual(users('libphonenumber-js/max'), new Set(['.', 'simulator']))
  assert.deepEqual(users('pino'), new Set(['.']))
  assert.deepEqual(users('jose'), new Set(['access', 'tokens']))
  assert.deepEqual(users('fastify'), new Set(['simulator', 'surfaces']))
})

/** All that is loaded when a file is. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const { to, isType } of importsOf(file)) if (!isType) loaded(to, seen)
  return seen
}

test('the operations, and the client on them, load no server code', () => {
  for (const entry of ['operations.ts', 'surfaces/client.ts']) {
    const foreign = [...loaded(entry)].filter(
      (file) =>
        file !== entry &&
        !/^(operations?\.ts|routes\.ts|page-members\.ts|errors\.ts|problems\.ts|access\/(caller|scopes)\.ts|zod|surfaces\/rest-shape\.ts|(access|guard|verifications|numbers)\/(operations|members|brand|languages)\.ts)$/.test(
          file,
        ),
    )
    assert.deepEqual(foreign, [], entry)
  }
})

test('no two files load each other, directly or in a ring', () => {
  const rings: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: string[]) => {
    if (trail.includes(file)) return void rings.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    for (const { to, isType } of importsOf(file)) if (!isType && sources.has(to)) visit(to, [...trail, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  assert.deepEqual(rings, [])
})

test('the environment is read in one place', () => {
  const readers = files.filter((file) =>
    /\bprocess\.env\b|\bprocess\[|\benv\b.*from 'node:process'/.test(sources.get(file) ?? ''),
  )
  assert.deepEqual(readers, ['commands/run.ts'])
})

test('no file is longer than 300 lines, examples apart', () => {
  const tooLong = [...sources].filter(
    ([file, source]) => !file.endsWith('/examples.ts') && source.split('\n').length > 301,
  )
  assert.deepEqual(
    tooLong.map(([file]) => file),
    [],
  )
})

test('no time is read and nothing is random but where it is given from', () => {
  const users = (use: RegExp) => files.filter((file) => use.test(sources.get(file) ?? ''))
  assert.deepEqual(users(/\bDate\.now\(|\bnew Date\(\)/), ['clock.ts'])
  assert.deepEqual(users(/\bMath\.random\(/), [])
})
