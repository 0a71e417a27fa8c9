import { EmbeddedPostgresError, hasEmbeddedDatabase } from '@holdfast/adapters/embedded-postgres'
import { checkShard, isDatabaseUnusable, withPool } from '@holdfast/engine'
import { openDatabase, type PreparedDatabase } from '@holdfast/server/compose'
import {
  type Config,
  describeSettingError,
  describeUnknownSetting,
  directoryName,
  noDatabaseSettings,
  ofShard,
  ownerUrlOf,
  readConfig,
} from '@holdfast/server/config'
import { databaseUnusable } from '@holdfast/server/start-error'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal } from './command.ts'
import { pathOf } from './terminal.ts'

/**
 * The settings of the environment. Warns of an unknown HOLDFAST_ variable.
 *
 * @throws CommandRefusal naming every wrong setting, its value and what was expected
 */
export function readSettings({ env, terminal }: CommandContext): Config {
  const result = readConfig(env)
  if (result.kind === 'invalid') {
    for (const error of result.errors) terminal.note(describeSettingError(error))
    throw new CommandRefusal(
      result.errors.length === 1 ? 'a setting is wrong' : `${result.errors.length} settings are wrong`,
    )
  }
  for (const unknown of result.unknown) terminal.note(`warning: ${describeUnknownSetting(unknown)}`)
  return result.config
}

export type OpenedDatabase = Awaited<ReturnType<typeof openDatabase>>

type DatabaseChoice = {
  share?: true | 'running'
  /** The embedded database is created if it is missing, also if its secret is there. */
  mayBeNew?: boolean
  /** It is created if it is missing, unless its secret is there: it would be another one. */
  mayCreate?: boolean
  shard?: string | undefined
  data?: string | undefined
}

/**
 * Runs `use` with the database of the settings: the server of DATABASE_URL, else the embedded one, which is started
 * for this call if it is not running, unless `share` is `running`.
 *
 * @param options.shard use the database with this name alone, instead of the directory
 * @param options.data use the embedded database in this directory alone, whatever the settings name
 * @throws CommandRefusal if there is none in it
 */
export async function withDatabase<Result>(
  context: CommandContext,
  use: (database: OpenedDatabase, config: Config) => Promise<Result>,
  { share = true, mayBeNew = false, mayCreate = mayBeNew, shard, data }: DatabaseChoice = {},
): Promise<Result> {
  const settings = readSettings(context)
  const config = data === undefined ? settingsOf(settings, shard) : settingsOfData(settings, pathOf(data, context.env))
  if (!mayCreate && share !== 'running') await requireDatabase(config)
  if (shard !== undefined && shard !== directoryName) await checkIsRegistered(settings, shard, context)
  const database = await openDatabase(config, { share, mayBeNew, say: (line) => context.terminal.note(line) })
  try {
    return await use(database, config)
  } catch (error) {
    const reason = databaseUnusable(error)
    throw reason === null ? error : new CommandRefusal(reason)
  } finally {
    await database.stop()
  }
}

/** @throws CommandRefusal there is no database with this name */
function settingsOf(settings: Config, name: string | undefined): Config {
  if (name === undefined) return settings
  if (name === directoryName) return { ...settings, shards: null }
  const shard = settings.shards?.find((one) => one.name === name)
  if (shard === undefined) {
    const names = settings.shards?.map((one) => one.name).join(', ') ?? 'none'
    throw new CommandRefusal(`--shard ${name}: HOLDFAST_SHARDS has no database with this name, but ${names}`, 2)
  }
  // HOLDFAST_BACKUP_TO has the backups of the directory.
  return { ...ofShard(settings, shard), shards: null, backupTo: null }
}

const settingsOfData = (settings: Config, dataDirectory: string): Config => ({
  ...settings,
  ...noDatabaseSettings,
  dataDirectory,
  shards: null,
  backupTo: null,
})

/**
 * @throws CommandRefusal there is no database in the directory: one would be created
 * @throws EmbeddedPostgresError `restore_unfinished`, and the others of `hasEmbeddedDatabase`
 */
async function requireDatabase({ databaseUrl, dataDirectory }: Config): Promise<void> {
  if (databaseUrl !== null || (await hasEmbeddedDatabase(dataDirectory))) return
  throw new CommandRefusal(`there is no database in ${dataDirectory} (HOLDFAST_DATA)`, 2)
}

/** @throws ShardRefused if the URL leads to another database than the one that the directory has registered */
async function checkIsRegistered(settings: Config, name: string, { terminal }: CommandContext): Promise<void> {
  const shard = settings.shards?.find((one) => one.name === name)
  if (shard === undefined) return
  let directory: Awaited<ReturnType<typeof openDatabase>> | null = null
  try {
    directory = await openDatabase(settings, { share: 'running' })
    await withPool({ url: directory.ownerUrl, name: 'holdfast shard' }, (pool) =>
      checkShard(pool, { name, url: ownerUrlOf(shard) }),
    )
  } catch (error) {
    if (!isDatabaseUnusable(error) && !(error instanceof EmbeddedPostgresError)) throw error
    // A database can be backed up and verified while the directory is away.
    terminal.note(`warning: it cannot be checked that the URL of ${name} leads to its database: ${messageOf(error)}`)
  } finally {
    await directory?.stop()
  }
}

/** The same, but migrates the database first and checks the secret, as `start` does. */
export function withPreparedDatabase<Result>(
  context: CommandContext,
  use: (database: PreparedDatabase, config: Config) => Promise<Result>,
): Promise<Result> {
  return withDatabase(context, async (database, config) => use(await database.prepare(), config), { mayCreate: true })
}
