import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'
import * as z from 'zod'

export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu'],
  })
}

export interface OpenPage extends AsyncDisposable {
  page: Page
  /** Whom the page has asked. */
  hosts: Set<string>
  /** What went wrong in it. */
  faults: string[]
}

/** A page in a profile of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  { prepare, ...options }: BrowserContextOptions & { prepare?: (page: Page) => Promise<unknown> } = {},
): Promise<OpenPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const hosts = new Set<string>()
  const faults: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).origin)
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  await prepare?.(page)
  await page.goto(url)
  return { page, hosts, faults, [Symbol.asyncDispose]: () => context.close() }
}

const finding = z.object({
  id: z.string(),
  nodes: z.array(
    z.object({
      html: z.string(),
      any: z.array(z.object({ data: z.object({ contrastRatio: z.number() }).nullish().catch(undefined) })),
    }),
  ),
})
const findings = z.object({ violations: z.array(finding), incomplete: z.array(finding), passes: z.array(finding) })

/** What axe finds wrong on a page, and the contrasts of all its texts. */
export async function inspectAccessibility(page: Page): Promise<{ problems: string[]; contrasts: number[] }> {
  await page.evaluate(axe.source)
  const { violations, incomplete, passes } = findings.parse(await page.evaluate('axe.run()'))
  const problems = [...violations, ...incomplete].flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  const contrasts = passes
    .filter(({ id }) => id === 'color-contrast')
    .flatMap(({ nodes }) => nodes.flatMap(({ any }) => any.flatMap(({ data }) => data?.contrastRatio ?? [])))
  return { problems, contrasts }
}

export function backgroundOf(page: Page): Promise<unknown> {
  return page.evaluate('getComputedStyle(document.body).backgroundColor')
}
