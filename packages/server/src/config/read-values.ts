import type { Setting } from './setting.ts'

export type SettingError = {
  name: string
  /** The invalid value; null for a secret. */
  value: string | null
  expected: string
}

/** The parsed values of settings; null for an optional one that is absent. */
export type Values<Table> = {
  [Key in keyof Table]: Table[Key] extends { default: null; parse: (text: string) => infer Value }
    ? Exclude<Value, undefined> | null
    : Table[Key] extends { parse: (text: string) => infer Value }
      ? Exclude<Value, undefined>
      : never
}

export type ReadValues<Table> = {
  values: Values<Table>
  errors: SettingError[]
  sources: Record<string, 'environment' | 'default'>
}

/** Reads the settings of a table. An empty variable counts as absent. */
export function readValues<Table extends Record<string, Setting<unknown>>>(
  table: Table,
  env: Record<string, string | undefined>,
): ReadValues<Table> {
  const errors: SettingError[] = []
  const sources: ReadValues<Table>['sources'] = {}
  const values: Record<string, unknown> = {}
  for (const [key, row] of Object.entries<Setting<unknown>>(table)) {
    const variable = env[row.name]
    const isSet = variable !== undefined && variable !== ''
    sources[row.name] = isSet ? 'environment' : 'default'
    const text = isSet ? variable : row.default
    const value = text === null ? null : row.parse(text)
    if (value === undefined) {
      const why = row.explain === undefined || text === null ? '' : `: ${row.explain(text)}`
      errors.push({ name: row.name, value: row.secret ? null : text, expected: `${row.expected}${why}` })
    }
    values[key] = value
  }
  // The loop above has parsed each key with its setting.
  return { values: values as Values<Table>, errors, sources }
}
