import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { GatewayError } from '../src/errors.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { serveTools } from './support/mcp.ts'
import { ownOperation } from './support/own-operation.ts'
import { run } from './support/process.ts'

const suite = program('@modelcontextprotocol/conformance/dist/index.js')
const inspector = program('@modelcontextprotocol/inspector/clients/launcher/build/index.js')

function program(path: string): string {
  return fileURLToPath(new URL(`./node_modules/${path}`, import.meta.url))
}

const wires = {
  '2026-07-28': {
    baseline: 'conformance-baseline-2026.yml',
    /** What must hold for any server; the others are held where they can be, see the baseline. */
    meaningful: [
      'server-stateless',
      'http-header-validation',
      'tools-list',
      'caching',
      'dns-rebinding-protection',
      'server-sse-multiple-streams',
      'input-required-result-unsupported-methods',
    ],
  },
  '2025-11-25': {
    baseline: 'conformance-baseline-2025.yml',
    meaningful: ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection', 'server-session-lifecycle'],
  },
}

describe('the tools of the MCP project', { concurrency: 2 }, () => {
  let gateway: TestGateway
  let home: string
  before(async () => {
    gateway = await startGateway()
    home = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    rmSync(home, { recursive: true, force: true })
  })

  const conform = (url: string, ...options: string[]) =>
    run(process.execPath, [suite, 'server', '--url', url, '--output-dir', home, ...options], { HOME: home })

  for (const [version, { baseline, meaningful }] of Object.entries(wires)) {
    test(`the conformance suite finds no failure at ${version} but those of the baseline`, async () => {
      const failures = fileURLToPath(new URL(baseline, import.meta.url))
      const options = ['--suite', 'all', '--spec-version', version, '--expected-failures', failures]
      const { code, stdout, stderr } = await conform(gateway.addresses.mcp, ...options)
      assert.equal(code, 0, `${stdout.slice(-4000)}\n${stderr}`)
      const lines = stdout.split('\n')
      for (const scenario of meaningful) {
        assert.ok(
          lines.some((line) => line.includes(` ${scenario}: `)),
          `${scenario} did not run`,
        )
      }
    })

    test(`the conformance suite accepts answers and errors of tools at ${version}`, async () => {
      await using server = await serveTools(fixtures)
      for (const scenario of ['tools-call-simple-text', 'tools-call-error']) {
        const { code, stdout } = await conform(server.url, '--spec-version', version, '--scenario', scenario)
        assert.equal(code, 0, stdout)
      }
    })
  }

  for (const era of ['modern', 'legacy']) {
    test(`the Inspector finds every schema portable in the ${era} era`, async () => {
      const url = gateway.addresses.mcp
      const method = ['--method', 'tools/list', '--strict', '--format', 'json']
      const args = [inspector, '--cli', url, '--transport', 'http', '--protocol-era', era, ...method]
      const { code, stdout, stderr } = await run(process.execPath, args, { HOME: home })
      assert.equal(code, 0, stderr)
      assert.match(stdout, /"search-available-numbers"/)
    })
  }
})

/** Tools that the suite calls by name. */
const fixture = {
  title: 'Fixture',
  description: 'A tool of the conformance suite.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'verify',
  tool: 'default',
  input: z.strictObject({}),
  output: z.looseObject({}),
  problems: [],
  examples: [],
} as const

const fixtures = [
  ownOperation({
    ...fixture,
    name: 'test_simple_text',
    rest: { method: 'GET', path: '/simple' },
    run: async () => ({ text: 'This is a simple text response for testing.' }),
  }),
  ownOperation({
    ...fixture,
    name: 'test_error_handling',
    rest: { method: 'GET', path: '/error' },
    run: () => Promise.reject(new GatewayError('not_now', 'This tool intentionally returns an error for testing')),
  }),
]
