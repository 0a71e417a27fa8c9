import type { Operation } from './operation.ts'

/**
 * The example of an operation with ids in place of `{clinicId}`, for example, and a day in place of `{day}`. Other
 * texts in braces stay as they are.
 */
export function fillExample(
  { example }: Pick<Operation, 'example'>,
  values: Readonly<Record<string, string>>,
): { query?: object; body?: object } {
  return example === undefined ? {} : (fill(example, values) as object)
}

function fill(part: unknown, values: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(part)) return part.map((one) => fill(one, values))
  if (typeof part === 'object' && part !== null) {
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, fill(value, values)]))
  }
  if (typeof part !== 'string') return part
  const [, name = ''] = /^\{(\w+)\}$/.exec(part) ?? []
  return values[name] ?? part.replace(/^\{day\}/, values.day ?? '{day}')
}
