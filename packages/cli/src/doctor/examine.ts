import {
  connectEmbeddedPostgres,
  hasEmbeddedDatabase,
  withEmbeddedPostgres,
} from '@holdfast/adapters/embedded-postgres'
import { isShard, shardAsDirectory, unanchoredHeads, withPool } from '@holdfast/engine'
import { lostDatabase } from '@holdfast/server/compose'
import { type Config, ofShard, ownerUrlOf, readConfig, type ShardSettings } from '@holdfast/server/config'
import { messageOf } from '@holdfast/vocabulary'
import type { Environment } from '../terminal.ts'
import { type Check, ok, problem, warning } from './check.ts'
import { checkAuditAnchors, checkAuditSyslog } from './check-audit-anchors.ts'
import { checkBackups } from './check-backups.ts'
import { checkBroker } from './check-broker.ts'
import { checkCertificate } from './check-certificate.ts'
import { checkConnections } from './check-connections.ts'
import { checkDatabase } from './check-database.ts'
import { checkDataDirectory, checkPort, checkVersions } from './check-machine.ts'
import { checkMisplacedClinics, checkMissingShards } from './check-moving-clinics.ts'
import { checkPooler } from './check-pooler.ts'
import { checkRedis } from './check-redis.ts'
import { checkReplicas } from './check-replicas.ts'
import { checkReplication } from './check-replication.ts'
import { checkSecret } from './check-secret.ts'
import { checkSettings, type SettingLine, settingLines } from './read-settings-table.ts'
import { readVersions, type Versions } from './versions.ts'

export type Examination = {
  settings: SettingLine[]
  versions: Versions & { postgres: string | null }
  checks: Check[]
}

/** Runs all checks of `holdfast doctor`. Changes nothing; starts an existing embedded database if it is not running. */
export async function examine(env: Environment): Promise<Examination> {
  const versions = await readVersions()
  const checks = [...checkSettings(env), ...checkVersions(versions)]
  const { config, wrong } = usableSettings(env)
  checks.push(await checkPort(config.host, config.port))
  checks.push(...(await checkBroker(config)))
  checks.push(...(await checkBackups(config)))
  checks.push(...(await checkCertificate(config.publicUrl)))
  if (config.redisUrl !== null) checks.push(await checkRedis(config.redisUrl))
  const invalid = databaseSettings.find((name) => wrong.includes(name))
  const database = invalid === undefined ? await examineDatabase(config) : uncheckedDatabase(invalid)
  checks.push(...database.checks)
  for (const shard of config.shards ?? []) checks.push(...(await examineShard(config, shard)))
  return { settings: settingLines(env), versions: { ...versions, postgres: database.version }, checks }
}

const databaseSettings = ['DATABASE_URL', 'DATABASE_APP_URL', 'DATABASE_DIRECT_URL', 'DATABASE_POOL', 'HOLDFAST_DATA']

/** The settings, with defaults for invalid ones: one mistake must not hide all other checks. */
function usableSettings(env: Environment): { config: Config; wrong: string[] } {
  const result = readConfig(env)
  if (result.kind === 'ok') return { config: result.config, wrong: [] }
  const wrong = result.errors.map(({ name }) => name)
  const rest = readConfig(Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.includes(name))))
  if (rest.kind === 'invalid')
    throw new Error(`A default is invalid: ${rest.errors.map(({ name }) => name).join(', ')}`)
  return { config: rest.config, wrong }
}

type DatabaseExamination = { version: string | null; checks: Check[] }

function uncheckedDatabase(invalid: string): DatabaseExamination {
  const found = `not checked: ${invalid} is invalid`
  return { version: null, checks: [warning('database', found, `fix ${invalid}, then run \`holdfast doctor\` again`)] }
}

async function examineDatabase(config: Config): Promise<DatabaseExamination> {
  if (config.databaseUrl !== null)
    return examineServer({ ...config, databaseUrl: config.databaseUrl }, { hasSecret: true })
  const { dataDirectory } = config
  const directory = await checkDataDirectory(dataDirectory)
  if (directory.state === 'error') return { version: null, checks: [directory] }
  try {
    const running = await connectEmbeddedPostgres({ dataDirectory })
    if (running !== undefined)
      return withDirectory(directory, await checkWithSecret(config, running.ownerUrl, { hasSecret: true }))
    if (!(await hasEmbeddedDatabase(dataDirectory))) {
      return { version: null, checks: [directory, checkMissingDatabase(config)] }
    }
    return withDirectory(
      directory,
      await withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) =>
        checkWithSecret(config, ownerUrl, { hasSecret: true }),
      ),
    )
  } catch (error) {
    const check = problem('database', `the embedded database cannot run: ${messageOf(error)}`, 'follow the message')
    return { version: null, checks: [directory, check] }
  }
}

/** The database of a URL. */
async function examineServer(
  config: Config & { databaseUrl: string },
  { hasSecret }: { hasSecret: boolean },
): Promise<DatabaseExamination> {
  const pooler = await checkPooler(config)
  if (pooler.some(({ state }) => state === 'error')) return { version: null, checks: pooler }
  const url = ownerUrlOf(config)
  const { version, checks } = await checkWithSecret(config, url, { hasSecret })
  // A pooler limits the connections itself, so max_connections of PostgreSQL is not compared.
  const connections = version === null || pooler.length > 0 ? [] : [await checkConnections(url, config)]
  const replication = version === null || config.backupTo === null ? [] : [await checkReplication(url)]
  return { version, checks: [...pooler, ...checks, ...connections, ...replication] }
}

/** The secret is in the directory, and HOLDFAST_BACKUP_TO has the directory's backups. */
async function examineShard(config: Config, shard: ShardSettings): Promise<Check[]> {
  const { checks } = await examineServer({ ...ofShard(config, shard), backupTo: null }, { hasSecret: false })
  return checks.map((check) => ({ ...check, name: `${shard.name}: ${check.name}` }))
}

function checkMissingDatabase(config: Config): Check {
  const lost = lostDatabase(config)
  if (lost !== null) return problem('database', lost.message, 'follow the message')
  return ok('database', 'embedded, not created yet: `holdfast start` creates it')
}

async function checkWithSecret(
  config: Config,
  ownerUrl: string,
  { hasSecret }: { hasSecret: boolean },
): Promise<DatabaseExamination> {
  const { version, checks } = await checkDatabase(ownerUrl, config.databaseAppUrl, config.databaseReplicaUrls)
  if (version === null) return { version, checks }
  const secret = hasSecret ? [await checkSecret(config, ownerUrl)] : []
  const isDirectory = hasSecret && checks.every(({ state }) => state !== 'error')
  const places = isDirectory ? await checkPlaces(ownerUrl, config.shards ?? []) : []
  const anchors = isDirectory
    ? [
        ...(await checkAuditAnchors(config, () => hasUnanchored(ownerUrl))),
        ...(await checkAuditSyslog(config.auditSyslog)),
      ]
    : []
  const replicas = await checkReplicas(ownerUrl, config)
  return { version, checks: [...checks, ...places, ...secret, ...anchors, ...replicas] }
}

function hasUnanchored(url: string): Promise<boolean> {
  return withPool({ url, name: 'holdfast doctor' }, async (pool) => (await unanchoredHeads(pool, 1)).length > 0)
}

async function checkPlaces(directoryUrl: string, shards: readonly ShardSettings[]): Promise<Check[]> {
  if (await withPool({ url: directoryUrl, name: 'holdfast doctor' }, isShard)) {
    return [problem('shards', shardAsDirectory, 'correct DATABASE_URL')]
  }
  const missing = await checkMissingShards(directoryUrl, shards)
  return shards.length === 0 ? missing : [...missing, ...(await checkMisplacedClinics(directoryUrl, shards))]
}

function withDirectory(directory: Check, database: DatabaseExamination): DatabaseExamination {
  return { version: database.version, checks: [directory, ...database.checks] }
}
