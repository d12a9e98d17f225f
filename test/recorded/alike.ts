import assert from 'node:assert/strict'

/** Members, by name, and what their values look like. */
export type Forms = Record<string, RegExp>

const idForms = { '<32 hex digits>': /\b[\da-f]{32}\b/g, '<UUID>': /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g }

export interface Likeness {
  /** Members that differ by their nature: both values must look so and be of one type. */
  forms?: Forms
  /** Members that the answer has beyond the recording. */
  additions?: Forms
  /** Unless set, the members must have one order. */
  anyOrder?: boolean
}

/** Member for member in the same order, with the same types and values; ids of one form are alike wherever they stand. */
export function assertAlike(answer: unknown, recorded: unknown, { forms = {}, additions = {}, anyOrder }: Likeness) {
  const used = new Set<string>()
  const shape = (name: string, value: unknown, looks: Forms) => {
    const form = looks[name]
    if (!form || (typeof value !== 'string' && typeof value !== 'number') || !form.test(String(value))) return undefined
    used.add(name)
    return `${typeof value} like ${form}`
  }
  const reduce = (whole: unknown, added: Forms) =>
    JSON.stringify(
      whole,
      (name, value) => {
        if (shape(name, value, added)) return undefined
        if (typeof value === 'string') return shape(name, value, forms) ?? withoutIds(value)
        if (typeof value === 'number') return shape(name, value, forms) ?? value
        return anyOrder ? sorted(value) : value
      },
      2,
    )
  assert.equal(reduce(answer, additions), reduce(recorded, {}))
  assert.deepEqual([...used].sort(), [...Object.keys(forms), ...Object.keys(additions)].sort(), 'each form is needed')
}

function withoutIds(text: string): string {
  return Object.entries(idForms).reduce((rest, [name, form]) => rest.replace(form, name), text)
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
