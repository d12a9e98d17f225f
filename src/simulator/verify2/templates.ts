// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are Vonage's.
import type { Random } from '../random.ts'

export interface Fragment {
  id: string
  channel: 'sms' | 'voice'
  locale: string
  text: string
  createdAt: string
}

export interface Template {
  id: string
  name: string
  isDefault: boolean
  fragments: Fragment[]
}

interface Wish {
  templateId: string | undefined
  channel: Fragment['channel']
  locale: string
}

const defaultLocale = 'en-us'
const createdAt = '2025-06-01T09:00:00.000Z'

const stock: { name: string; fragments: Pick<Fragment, 'channel' | 'locale' | 'text'>[] }[] = [
  {
    name: 'Default',
    fragments: [
      {
        channel: 'sms',
        locale: 'en-us',
        text: '${brand} code: ${code}. Valid for ${time-limit} ${time-limit-unit}.',
      },
      {
        channel: 'sms',
        locale: 'es-es',
        text: 'Código de ${brand}: ${code}. Válido durante ${time-limit} minutos.',
      },
      {
        channel: 'voice',
        locale: 'en-us',
        text:
          'Please enter your ${brand} activation code ${code}, I repeat ${code}, ' +
          'valid the next ${time-limit} ${time-limit-unit}.',
      },
    ],
  },
  {
    name: 'Short',
    fragments: [{ channel: 'sms', locale: 'en-us', text: '${code} is your ${brand} code.' }],
  },
]

/** The templates of the account; the first is the default and has a text for every channel. */
export class Templates {
  readonly #templates: Template[]

  constructor(random: Random) {
    this.#templates = stock.map(({ name, fragments }, index) => ({
      id: random.uuid(),
      name,
      isDefault: index === 0,
      fragments: fragments.map((fragment) => ({ ...fragment, id: random.uuid(), createdAt })),
    }))
  }

  all(): Template[] {
    return this.#templates
  }

  find(id: string): Template | undefined {
    return this.#templates.find((template) => template.id === id)
  }

  /** The text of a message. What a template lacks comes from its English, and then from the default template. */
  text(wish: Wish, values: Record<string, string>): string {
    const candidates = [this.find(wish.templateId ?? ''), this.#templates[0]].flatMap((template) => {
      const fragments = (template?.fragments ?? []).filter(({ channel }) => channel === wish.channel)
      return [wish.locale, defaultLocale].flatMap((locale) => fragments.find((each) => each.locale === locale) ?? [])
    })
    return (candidates[0]?.text ?? '').replace(/\$\{([\w-]+)\}/g, (placeholder, name) => values[name] ?? placeholder)
  }
}
