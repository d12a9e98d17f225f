import type { Rest } from '../routes.ts'

/** Whether REST takes an operation's input from the body, what stands in the path apart, or else from the query. */
export function takesBody({ method }: Rest): boolean {
  return method === 'POST' || method === 'PATCH'
}

export function isInPath({ path }: Rest, member: string): boolean {
  return path.includes(`{${member}}`)
}

/** The path with its members filled in, and the members that are left. */
export function fillPath<T>(
  rest: Rest,
  input: Readonly<Record<string, T>>,
): { path: string; others: Record<string, T> } {
  const path = rest.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])))
  return { path, others: Object.fromEntries(Object.entries(input).filter(([name]) => !isInPath(rest, name))) }
}
