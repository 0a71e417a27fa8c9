import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeSettingError, ofShard, ownerUrlOf, readConfig } from './config.ts'

function fileOf(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-shards-file-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'shards.json')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const north = 'postgres://holdfast:secret@north/holdfast'
const pooled = 'postgres://holdfast:secret@pooler/holdfast'

function readFile(databases: unknown, env: Record<string, string> = {}) {
  return readConfig({ HOLDFAST_SHARDS_FILE: fileOf(JSON.stringify(databases)), ...env })
}

test('each database of the file has settings of its own, and none of the directory', () => {
  const directory = {
    DATABASE_URL: 'postgres://directory/holdfast',
    DATABASE_APP_URL: 'postgres://app@directory/holdfast',
    DATABASE_POOL: 'transaction',
    DATABASE_REPLICA_URLS: 'postgres://standby/holdfast',
  }
  const south = {
    DATABASE_URL: pooled,
    DATABASE_DIRECT_URL: north,
    DATABASE_POOL: 'session',
    DATABASE_REPLICA_URLS: 'postgres://a/holdfast,postgres://b/holdfast',
  }
  const result = readFile({ north: { DATABASE_URL: north }, south }, directory)
  if (result.kind !== 'ok') throw new Error(result.errors.map(describeSettingError).join('; '))
  const { config } = result
  const [first, second] = config.shards ?? []
  if (first === undefined || second === undefined) throw new Error('There are two.')
  expect(ofShard(config, first)).toMatchObject({
    databaseUrl: north,
    databaseAppUrl: null,
    databaseDirectUrl: null,
    databasePool: 'auto',
    databaseReplicaUrls: null,
    port: 3000,
  })
  expect(second).toMatchObject({
    name: 'south',
    databasePool: 'session',
    databaseReplicaUrls: ['postgres://a/holdfast', 'postgres://b/holdfast'],
  })
  expect([ownerUrlOf(first), ownerUrlOf(second)]).toEqual([north, north])
  const alone = readConfig({ ...directory, HOLDFAST_SHARDS: `north=${north}` })
  expect(alone).toMatchObject({ kind: 'ok', config: { shards: [first] } })
})

test.each([
  [{ North: { DATABASE_URL: north } }, '"North" is not a name of up to 31 small letters'],
  [{ directory: { DATABASE_URL: north } }, '"directory" is not a name of up to 31 small letters'],
  [{ north: {} }, '"north" is not a database with DATABASE_URL'],
  [{ north }, '"north" is not the name of an object of settings'],
  [{ north: { DATABASE_URL: north, DATABASE_POOL: 3 } }, '"north" is not the name of an object of settings'],
  [{ north: { DATABASE_URL: north, PORT: '1' } }, '"PORT" is not one of the settings of north: DATABASE_URL, '],
  [{ north: { DATABASE_URL: north, DATABASE_POOL: 'transactional' } }, '"transactional" is not "auto", "direct"'],
  [{ north: { DATABASE_URL: north, DATABASE_POOL: 'transactional' } }, '(DATABASE_POOL of north)'],
  [{ north: { DATABASE_URL: 'mysql://u:hunter2@h/d' } }, 'its value (not shown, it is a secret) is not a PostgreSQL'],
  [{ north: { DATABASE_URL: 'mysql://u:hunter2@h/d' } }, '(DATABASE_URL of north)'],
  [{}, 'is not a file with a JSON object'],
  [[], 'is not a file with a JSON object'],
])('%j is refused with what was expected', (databases, expected) => {
  const result = readFile(databases)
  expect(result.kind).toBe('invalid')
  const lines = result.kind === 'invalid' ? result.errors.map(describeSettingError) : []
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(`HOLDFAST_SHARDS_FILE: `)
  expect(lines[0]).toContain(expected)
  expect(lines[0]).not.toContain('hunter2')
})

test('a file that cannot be read or parsed is named, and its text is not shown', () => {
  const errorsOf = (path: string, env: Record<string, string> = {}) => {
    const result = readConfig({ HOLDFAST_SHARDS_FILE: path, ...env })
    return result.kind === 'invalid' ? result.errors.map(describeSettingError).join('; ') : ''
  }
  expect(errorsOf('/nonexistent/shards.json')).toContain('a file that can be used: there is no file or directory')
  const broken = errorsOf(fileOf(`{"north": ${pooled}}`))
  expect(broken).toContain('it has no JSON')
  expect(broken).not.toContain('secret@')
  const file = fileOf(JSON.stringify({ north: { DATABASE_URL: north } }))
  chmodSync(file, 0o640)
  expect(errorsOf(file)).toContain('a file that only its owner may use: run chmod 600')
  chmodSync(file, 0o600)
  expect(errorsOf(file, { HOLDFAST_SHARDS: `north=${north}` })).toContain('set one of them')
})

test.each([
  ['north', 'the entry 1 does not begin with a name of up to 31 small letters'],
  [`south=${north},North=${north}`, 'the entry 2 does not begin with a name'],
  [`directory=${north}`, 'other than directory'],
  ['north=mysql://h/d', 'the entry 1 (north) is not '],
  [`north=${north},north=${pooled}`, 'the entry 2 has the name north again'],
])('HOLDFAST_SHARDS=%s is refused with the entry, and why', (text, why) => {
  const result = readConfig({ HOLDFAST_SHARDS: text })
  const [error] = result.kind === 'invalid' ? result.errors : []
  expect(error?.expected).toContain(why)
  expect(error && describeSettingError(error)).not.toContain('secret@')
})

test.each(['north', 'north=mysql://h/d', `North=${north}`, `north=${north},north=${pooled}`, ''])(
  'HOLDFAST_SHARDS=%s is refused, or absent',
  (text) => {
    const result = readConfig({ HOLDFAST_SHARDS: text })
    if (text === '') expect(result).toMatchObject({ kind: 'ok', config: { shards: null } })
    else expect(result).toMatchObject({ kind: 'invalid', errors: [{ name: 'HOLDFAST_SHARDS', value: null }] })
  },
)
