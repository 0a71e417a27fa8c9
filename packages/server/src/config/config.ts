import { closest, distance } from 'fastest-levenshtein'
import type { Setting } from './setting.ts'
import { settings, settingTable } from './settings.ts'

export type { Setting } from './setting.ts'
export { settings } from './settings.ts'

/** The parsed values of all settings; null for an optional one that is absent. */
export type Config = {
  [Key in keyof typeof settingTable]: (typeof settingTable)[Key] extends {
    default: null
    parse: (text: string) => infer Value
  }
    ? Exclude<Value, undefined> | null
    : (typeof settingTable)[Key] extends { parse: (text: string) => infer Value }
      ? Exclude<Value, undefined>
      : never
}

export type SettingError = {
  name: string
  /** The invalid value; null for a secret. */
  value: string | null
  expected: string
}

/** A HOLDFAST_ variable that is not a setting, with the most similar setting. */
export type UnknownSetting = { name: string; nearest: string | null }

export type ConfigResult =
  | {
      kind: 'ok'
      config: Config
      sources: Record<string, 'environment' | 'default'>
      unknown: UnknownSetting[]
    }
  | { kind: 'invalid'; errors: SettingError[] }

/**
 * Reads all settings from an environment. An empty variable counts as absent, because container tools pass unset
 * variables that way. Reports all invalid settings at once.
 */
export function readConfig(env: Record<string, string | undefined>): ConfigResult {
  const errors: SettingError[] = []
  const sources: Record<string, 'environment' | 'default'> = {}
  const values: Record<string, unknown> = {}
  for (const [key, row] of Object.entries<Setting<unknown>>(settingTable)) {
    const variable = env[row.name]
    const isSet = variable !== undefined && variable !== ''
    sources[row.name] = isSet ? 'environment' : 'default'
    const text = isSet ? variable : row.default
    const value = text === null ? null : row.parse(text)
    if (value === undefined) errors.push({ name: row.name, value: row.secret ? null : text, expected: row.expected })
    values[key] = value
  }
  if (errors.length > 0) return { kind: 'invalid', errors }
  // The loop above has parsed each key with its setting.
  return { kind: 'ok', config: values as Config, sources, unknown: unknownSettings(env) }
}

/** One line about an invalid setting: name, value (except a secret's) and what was expected. */
export function describeSettingError(error: SettingError): string {
  const value = error.value === null ? 'its value (not shown, it is a secret)' : JSON.stringify(error.value)
  return `${error.name}: ${value} is not ${error.expected}`
}

/** One line about an unknown variable. */
export function describeUnknownSetting(unknown: UnknownSetting): string {
  const hint = unknown.nearest === null ? '' : `; did you mean ${unknown.nearest}?`
  return `${unknown.name} is not a setting of Holdfast${hint}`
}

/** Prefix of variables for Holdfast's tests and tools, which do not configure a server. */
const toolPrefix = 'HOLDFAST_TEST_'

function unknownSettings(env: Record<string, string | undefined>): UnknownSetting[] {
  const known = new Set(settings.map((row) => row.name))
  return Object.keys(env)
    .filter((name) => name.startsWith('HOLDFAST_') && !name.startsWith(toolPrefix) && !known.has(name))
    .sort()
    .map((name) => ({ name, nearest: nearestName(name, [...known]) }))
}

/** The known name with the smallest edit distance, if it is close enough to be a typing error. */
function nearestName(name: string, known: string[]): string | null {
  const nearest = closest(name, known)
  const distanceMax = Math.max(2, Math.floor((name.length - 'HOLDFAST_'.length) / 3))
  return distance(name, nearest) <= distanceMax ? nearest : null
}
