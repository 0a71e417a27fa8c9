import type { Setting } from './config/setting.ts'
import { settings, settingTable } from './config/settings.ts'

export type { Setting } from './config/setting.ts'
export { settings } from './config/settings.ts'

/** Every setting's value, parsed; null where an optional one is absent. */
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
  /** What was given; null for a secret. */
  value: string | null
  expected: string
}

/** A HOLDFAST_ variable that means nothing here, with the setting it may have been meant for. */
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
 * Reads all settings from an environment. An empty variable counts as absent, as container tools pass them so.
 * All wrong settings are named at once.
 */
export function readConfig(env: Record<string, string | undefined>): ConfigResult {
  const errors: SettingError[] = []
  const sources: Record<string, 'environment' | 'default'> = {}
  const values: Record<string, unknown> = {}
  for (const [key, row] of Object.entries<Setting<unknown>>(settingTable)) {
    const given = env[row.name]
    const isGiven = given !== undefined && given !== ''
    sources[row.name] = isGiven ? 'environment' : 'default'
    const text = isGiven ? given : row.default
    const value = text === null ? null : row.parse(text)
    if (value === undefined) errors.push({ name: row.name, value: row.secret ? null : text, expected: row.expected })
    values[key] = value
  }
  if (errors.length > 0) return { kind: 'invalid', errors }
  // Each key of the table was parsed by its own row just above.
  return { kind: 'ok', config: values as Config, sources, unknown: unknownSettings(env) }
}

/** One line about a wrong setting: name, value (not a secret's) and what was expected. */
export function describeSettingError(error: SettingError): string {
  const given = error.value === null ? 'its value (not shown, it is a secret)' : JSON.stringify(error.value)
  return `${error.name}: ${given} is not ${error.expected}`
}

/** One line about a variable nobody reads. */
export function describeUnknownSetting(unknown: UnknownSetting): string {
  const hint = unknown.nearest === null ? '' : `; did you mean ${unknown.nearest}?`
  return `${unknown.name} is not a setting of Holdfast${hint}`
}

/** Names Holdfast's own tests and tools use; they configure no server. */
const toolPrefix = 'HOLDFAST_TEST_'

function unknownSettings(env: Record<string, string | undefined>): UnknownSetting[] {
  const known = new Set(settings.map((row) => row.name))
  return Object.keys(env)
    .filter((name) => name.startsWith('HOLDFAST_') && !name.startsWith(toolPrefix) && !known.has(name))
    .sort()
    .map((name) => ({ name, nearest: nearestName(name, [...known]) }))
}

/** The known name with the smallest edit distance, if it is near enough to be a slip of the finger. */
function nearestName(name: string, known: string[]): string | null {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, Math.floor((name.length - 'HOLDFAST_'.length) / 3))
    ? best.candidate
    : null
}

/** Levenshtein's distance, one row at a time. Names are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
