import type { CallParameters } from '../call-parameters.ts'
import { single } from '../call-parameters.ts'
import type { Answer, Effect, Method, VonageCall, VonageRoute } from '../vonage-api.ts'
import type { InvalidParameter } from './order.ts'
import type { Problems } from './problems.ts'
import { route } from './route.ts'
import type { Fragment, Template, Templates } from './templates.ts'

const defaultPageSize = 10
const maxPageSize = 100

interface Page {
  size: number
  /** 1-based. */
  index: number
}

/** Templates to read. Changing them takes a permission that the simulated account lacks. */
export function templateRoutes(
  path: string,
  templates: () => Templates,
  problems: Problems,
  baseUrl: () => string,
): VonageRoute[] {
  const onePath = `${path}/:template_id`
  const fragmentsPath = `${onePath}/template_fragments`
  const read = (routePath: string, changing: Method[], judge: (call: VonageCall) => Answer | Effect) =>
    route(['GET', ...changing], routePath, problems, (call) =>
      call.method === 'GET' ? judge(call) : problems.answer('forbidden'),
    )
  const href = (template?: Template) => `${baseUrl()}${path}${template ? `/${template.id}` : ''}`
  return [
    read(path, ['POST'], (call) =>
      judgePage(call, problems, (page) => {
        const reports = templates()
          .all()
          .map((template) => templateReport(template, href(template)))
        return { httpStatus: 200, body: halPage(reports, 'templates', page, href()) }
      }),
    ),
    read(onePath, ['PATCH', 'DELETE'], (call) => () => {
      const template = templates().find(call.pathParameters.template_id ?? '')
      if (!template) return problems.answer('templateNotFound')
      return { httpStatus: 200, body: templateReport(template, href(template)) }
    }),
    read(fragmentsPath, ['POST'], (call) =>
      judgePage(call, problems, (page) => {
        const template = templates().find(call.pathParameters.template_id ?? '')
        if (!template) return problems.answer('templateNotFound')
        const reports = template.fragments.map((fragment) => fragmentReport(fragment, href(template)))
        const body = halPage(reports, 'template_fragments', page, `${href(template)}/template_fragments`)
        return { httpStatus: 200, body }
      }),
    ),
    read(`${fragmentsPath}/:template_fragment_id`, ['PATCH', 'DELETE'], (call) => () => {
      const template = templates().find(call.pathParameters.template_id ?? '')
      if (!template) return problems.answer('templateNotFound')
      const fragment = template.fragments.find(({ id }) => id === call.pathParameters.template_fragment_id)
      if (!fragment) return problems.answer('fragmentNotFound')
      return { httpStatus: 200, body: fragmentReport(fragment, href(template)) }
    }),
  ]
}

function templateReport({ id, name, isDefault }: Template, href: string) {
  return {
    template_id: id,
    name,
    is_default: isDefault,
    _links: { self: { href }, fragments: { href: `${href}/template_fragments` } },
  }
}

function fragmentReport({ id, channel, locale, text, createdAt }: Fragment, templateHref: string) {
  return {
    template_fragment_id: id,
    channel,
    locale,
    text,
    date_updated: createdAt,
    date_created: createdAt,
    _links: { self: { href: `${templateHref}/template_fragments/${id}` }, template: { href: templateHref } },
  }
}

function judgePage(call: VonageCall, problems: Problems, show: (page: Page) => Answer): Answer | Effect {
  const size = readCount(call.query, 'page_size', defaultPageSize, maxPageSize)
  const index = readCount(call.query, 'page', 1, Number.MAX_SAFE_INTEGER)
  if (typeof size === 'number' && typeof index === 'number') return () => show({ size, index })
  return problems.invalidParams([size, index].filter((item) => typeof item !== 'number'))
}

function readCount(query: CallParameters, name: string, fallback: number, most: number): number | InvalidParameter {
  const text = single(query, name)
  if (text === undefined) return fallback
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= most) return count
  const limit = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  const subject = name === 'page' ? 'Page' : 'Page size'
  return { name, reason: `${subject} must be a whole number from 1${limit}` }
}

/** A page in the Hypertext Application Language. */
function halPage(items: object[], name: string, { size, index }: Page, href: string) {
  const totalPages = Math.max(1, Math.ceil(items.length / size))
  const link = (page: number) => ({ href: `${href}?page=${page}&page_size=${size}` })
  return {
    page_size: size,
    page: index,
    total_pages: totalPages,
    total_items: items.length,
    _embedded: { [name]: items.slice((index - 1) * size, index * size) },
    _links: {
      self: link(index),
      first: link(1),
      last: link(totalPages),
      ...(index < totalPages ? { next: link(index + 1) } : {}),
      ...(index > 1 ? { prev: link(index - 1) } : {}),
    },
  }
}
