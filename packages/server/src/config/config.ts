import { closest, distance } from 'fastest-levenshtein'
import { readValues, type SettingError, type Values } from './read-values.ts'
import { settings, settingTable } from './settings.ts'
import { readShardsFile } from './shard-settings.ts'

export { noDatabaseSettings } from './one-database.ts'
export { ownerUrlOf } from './owner-url.ts'
export type { SettingError } from './read-values.ts'
export { settings } from './settings.ts'
export { directoryName, ofShard, type ShardSettings } from './shard-settings.ts'

/** The parsed values of all settings; null for an optional one that is absent. */
export type Config = Values<typeof settingTable>

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
  const { values, errors, sources } = readValues(settingTable, env)
  let { shards } = values
  if (values.shardsFile !== null) {
    const { name } = settingTable.shardsFile
    const read = readShardsFile(values.shardsFile)
    if (shards === null) errors.push(...read.errors)
    else errors.push({ name, value: values.shardsFile, expected: 'for use with HOLDFAST_SHARDS: set one of them' })
    shards ??= read.shards
  }
  errors.push(...placesWithoutS3(values))
  if (errors.length > 0) return { kind: 'invalid', errors }
  return { kind: 'ok', config: { ...values, shards }, sources, unknown: unknownSettings(env) }
}

function placesWithoutS3(values: Config): SettingError[] {
  if (values.s3Url !== null) return []
  return (['backupTo', 'auditAnchors'] as const).flatMap((key) => {
    const value = values[key]
    if (value?.startsWith('s3://') !== true) return []
    return [{ name: settingTable[key].name, value, expected: 'usable without S3_URL: set that, too' }]
  })
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
