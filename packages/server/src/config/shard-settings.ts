import { readFileSync, statSync } from 'node:fs'
import { messageOf } from '@holdfast/vocabulary'
import { oneDatabase } from './one-database.ts'
import { readValues, type SettingError, type Values } from './read-values.ts'
import { commaSeparated } from './setting-kinds.ts'

/** One of several databases: its name, and the settings that each database has. */
export type ShardSettings = { name: string; databaseUrl: string } & Omit<Values<typeof oneDatabase>, 'databaseUrl'>

/** The settings of an installation for one of its shards. */
export function ofShard<Settings extends Values<typeof oneDatabase>>(
  config: Settings,
  { name: _, ...own }: ShardSettings,
): Settings & Pick<ShardSettings, 'databaseUrl'> {
  return { ...config, ...own }
}

/** The bits of a file's mode that give access to other users. */
const forOthers = 0o077

/** What commands call the database of DATABASE_URL. */
export const directoryName = 'directory'

const namePattern = /^[a-z][a-z0-9-]{0,30}$/
const nameExpected = 'a name of up to 31 small letters, digits and hyphens, other than directory'

export const shardUrls = {
  expected:
    'names and PostgreSQL URLs with commas between, such as north=postgres://a/database,south=postgres://b/database',
  parse: (text: string): ShardSettings[] | undefined => {
    const entries = entriesOf(text)
    const shards = entries.flatMap(({ shard }) => shard ?? [])
    return entries.length > 0 && entries.every((entry) => entry.wrong === null) ? shards : undefined
  },
  explain: (text: string) =>
    entriesOf(text)
      .flatMap(({ wrong }) => wrong ?? [])
      .join('; '),
}

/** An entry of HOLDFAST_SHARDS. `wrong`: what is, without a secret; null: nothing. */
type Entry = { shard: ShardSettings | null; wrong: string | null }

function entriesOf(text: string): Entry[] {
  const names = new Set<string>()
  return commaSeparated(text).map((part, index) => {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(at, 0))
    const wrong = (why: string): Entry => ({ shard: null, wrong: `the entry ${index + 1} ${why}` })
    // A part of a URL, which may be a password, if a name is missing or a comma is in the URL.
    if (!namePattern.test(name) || name === directoryName) return wrong(`does not begin with ${nameExpected}, and =`)
    if (names.has(name)) return wrong(`has the name ${name} again`)
    names.add(name)
    const { shard, errors } = shardOf(name, { DATABASE_URL: part.slice(at + 1) })
    return shard === null ? wrong(`(${name}) is not ${errors[0]?.expected}`) : { shard, wrong: null }
  })
}

/**
 * The databases of HOLDFAST_SHARDS_FILE.
 *
 * @returns the errors say what is wrong with which setting of which database
 */
export function readShardsFile(path: string): { shards: ShardSettings[]; errors: SettingError[] } {
  const wrong = (value: string | null, expected: string) => ({
    shards: [],
    errors: [{ name: 'HOLDFAST_SHARDS_FILE', value, expected }],
  })
  let found: unknown
  try {
    if ((statSync(path).mode & forOthers) !== 0) return wrong(path, 'a file that only its owner may use: run chmod 600')
    found = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // The message of a syntax error has a part of the text, which may be a password.
    const reason = error instanceof SyntaxError ? 'it has no JSON' : messageOf(error)
    return wrong(path, `a file that can be used: ${reason}`)
  }
  if (!isRecord(found) || Object.keys(found).length === 0) {
    return wrong(path, 'a file with a JSON object such as {"north": {"DATABASE_URL": "postgres://…"}}')
  }
  const read = Object.entries(found).map(([name, env]) => shardOf(name, env))
  return {
    shards: read.flatMap(({ shard }) => shard ?? []),
    errors: read.flatMap(({ errors }) => errors).map((error) => ({ ...error, name: 'HOLDFAST_SHARDS_FILE' })),
  }
}

const settingNames = Object.values(oneDatabase).map(({ name }) => name as string)

function shardOf(name: string, env: unknown): { shard: ShardSettings | null; errors: SettingError[] } {
  const wrong = (value: string | null, expected: string) => ({ shard: null, errors: [{ name, value, expected }] })
  if (!namePattern.test(name) || name === directoryName) return wrong(name, nameExpected)
  if (!isRecord(env) || !Object.values(env).every((value) => typeof value === 'string')) {
    return wrong(name, 'the name of an object of settings, each a text')
  }
  const unknown = Object.keys(env).find((setting) => !settingNames.includes(setting))
  if (unknown !== undefined) return wrong(unknown, `one of the settings of ${name}: ${settingNames.join(', ')}`)
  const { values, errors } = readValues(oneDatabase, env as Record<string, string>)
  if (errors.length > 0) {
    return {
      shard: null,
      errors: errors.map((error) => ({ ...error, expected: `${error.expected} (${error.name} of ${name})` })),
    }
  }
  const { databaseUrl } = values
  if (databaseUrl === null) return wrong(name, 'a database with DATABASE_URL')
  return { shard: { ...values, name, databaseUrl }, errors: [] }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
