import * as z from 'zod'
import { examplesOf } from '../examples.ts'
import { type AnyOperation, type Example, problemsOf } from '../operation.ts'
import { problems } from '../problems.ts'
import { inputSchema } from './openapi.ts'
import { type Html, html } from './page.ts'
import { fillPath, takesBody } from './rest-shape.ts'

/** The API for people: every operation with its members, examples and problems, without a script. */
export function docsPage(operations: readonly AnyOperation[], baseUrl: string): Html {
  return html`<header>
<h1>tollgate API</h1>
<p>Phone verification and number provisioning over Vonage. The same as a machine reads it: <a href="/openapi.json">/openapi.json</a>. Over MCP the operations are tools of the same names.</p>
</header>
<nav aria-label="Operations"><ul>${operations.map(({ name, rest }) => html`<li><a href="#${name}"><span class="method">${rest.method}</span> ${rest.path}</a></li>`)}</ul></nav>
${operations.map((operation) => section(operation, baseUrl))}
<section id="problems">
<h2>Problems</h2>
<p>Every error is <code>application/problem+json</code>; switch on its <code>code</code>.</p>
<table><thead><tr><th>Code</th><th>HTTP</th><th>Title</th></tr></thead><tbody>
${Object.entries(problems).map(([code, { status, title }]) => html`<tr><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${status}</td><td>${title}</td></tr>`)}
</tbody></table>
</section>`
}

function section(operation: AnyOperation, baseUrl: string): Html {
  const { name, title, rest, description } = operation
  return html`<section id="${name}">
<h2>${title}</h2>
<p class="path"><span class="method">${rest.method}</span> <code>${rest.path}</code> <span class="tool">tool <code>${name}</code></span></p>
<p>${description}</p>
${memberTable(operation)}
${examplesOf(name).map((example) => exampleOf(operation, example, baseUrl))}
<p class="codes">Problems: ${problemsOf(operation).map((code) => html`<a href="/problems/${code}"><code>${code}</code></a> `)}</p>
</section>`
}

const member = z.object({ name: z.string(), in: z.string(), required: z.boolean(), description: z.string() })
const bodySchema = z.object({
  required: z.array(z.string()),
  properties: z.record(z.string(), z.object({ description: z.string().default('') })),
})

function memberTable(operation: AnyOperation): Html {
  const { parameters, body } = inputSchema(operation)
  const inBody = body ? bodySchema.parse(body) : { required: [], properties: {} }
  const members = [
    ...parameters.map((parameter) => member.parse(parameter)),
    ...Object.entries(inBody.properties).map(([name, { description }]) => {
      return { name, in: 'body', required: inBody.required.includes(name), description }
    }),
  ]
  if (members.length === 0) return html``
  return html`<table><thead><tr><th>Member</th><th>In</th><th>Required</th><th>Meaning</th></tr></thead><tbody>
${members.map((row) => html`<tr><td><code>${row.name}</code></td><td>${row.in}</td><td>${row.required ? 'yes' : 'no'}</td><td>${row.description}</td></tr>`)}
</tbody></table>`
}

function exampleOf(operation: AnyOperation, example: Example, baseUrl: string): Html {
  const answer = 'output' in example ? example.output : example.problem
  const status = 'output' in example ? 200 : example.problem.status
  return html`<details><summary>${example.summary} <span class="status">${status}</span></summary>
<pre>${curl(operation, example.input, baseUrl)}</pre>
<pre>${JSON.stringify(answer, null, 2)}</pre>
</details>`
}

/** The example as a command line. */
function curl({ rest }: AnyOperation, input: unknown, baseUrl: string): string {
  const members = z.record(z.string(), z.json()).parse(input)
  const { path, others } = fillPath(rest, members)
  const query = new URLSearchParams(Object.entries(others).map(([name, value]) => [name, String(value)]))
  if (!takesBody(rest)) {
    const method = rest.method === 'GET' ? '' : '-X DELETE '
    return `curl -s ${method}'${baseUrl}${path}${query.size > 0 ? `?${query}` : ''}'`
  }
  const method = rest.method === 'PATCH' ? '-X PATCH ' : ''
  return `curl -s ${method}${baseUrl}${path} -H 'Content-Type: application/json' -d '${JSON.stringify(others)}'`
}
