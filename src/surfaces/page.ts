/** HTML that is safe to send: made only by `html`, which escapes what is put into it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Puts values into a template; strings are escaped, Html and lists of it are taken as they are. */
export function html(parts: TemplateStringsArray, ...values: (string | number | Html | Html[])[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(render)))
}

function render(value: string | number | Html | Html[]): string {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(({ text }) => text).join('')
  return String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Pages load one stylesheet of ours and nothing else. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

/**
 * The same for a page with a form of ours. Under a referrer policy of none, browsers would send the form with no origin
 * that could be told from a foreign one.
 */
export const formHeaders = {
  ...pageHeaders,
  'content-security-policy': pageHeaders['content-security-policy'].replace("form-action 'none'", "form-action 'self'"),
  'referrer-policy': 'same-origin',
}

/** A whole page; `sandbox` puts the notice on top that nothing here is real. */
export function page(
  title: string,
  body: Html,
  { sandbox, language = 'en' }: { sandbox: boolean; language?: string },
): string {
  const notice = sandbox
    ? html`<header><p class="notice" role="note" lang="en">Sandbox: nothing is sent and nothing costs money.</p></header>`
    : html``
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · tollgate</title>
<link rel="stylesheet" href="/docs/style.css">
<link rel="icon" href="data:,">
</head>
<body>
${notice}
<main>
${body}
</main>
</body>
</html>
`.text
}
