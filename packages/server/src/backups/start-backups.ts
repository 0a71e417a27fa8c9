import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { dropArchives } from '@holdfast/adapters/backup'
import { forgetUpkeep, scheduleUpkeep, withPool } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import type { Config } from '../config/config.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { type LogLevel, levelOf, onLevelChange } from '../observe/log-level.ts'
import type { Logger } from '../observe/logger.ts'

export type StartBackups = {
  config: Config
  env: Record<string, string | undefined>
  database: { ownerUrl: string; embedded: boolean }
  log: Logger
}

/** What the process of backups is sent first. The URL has a password, so it is not an argument of a command. */
export type BackupProcessStart = BackedUpDatabase & { logLevel: LogLevel }

/** What it is sent when the level of the log has changed. */
export type BackupProcessLevel = { logLevel: LogLevel }

type BackedUpDatabase = { databaseUrl: string; embedded: boolean }

const programPath = fileURLToPath(new URL('./backup-process.ts', import.meta.url))
const stopMsMax = 30_000
const restartMs = 10_000

/** @throws StartError if backups are on and have no key */
export function requireBackupKey({ backupTo, backupRecipient, backupPassphrase }: Config): void {
  if (backupTo === null || backupRecipient !== null || backupPassphrase !== null) return
  throw new StartError(
    'Backups are encrypted: with HOLDFAST_BACKUP_TO, set HOLDFAST_BACKUP_PASSPHRASE or HOLDFAST_BACKUP_RECIPIENT.',
  )
}

/**
 * Starts continuous backups if HOLDFAST_BACKUP_TO is set. They run in a separate process with a lower priority, because
 * compressing and encrypting would delay requests. {@link requireBackupKey} comes before all else of a start.
 */
export async function startBackups(options: StartBackups): Promise<{ stop(): Promise<void> }> {
  const { config, database, log } = options
  const { ownerUrl: databaseUrl, embedded } = database
  const use = { url: databaseUrl, name: 'holdfast backup' }
  if (config.backupTo === null) {
    const warn = (what: string) => (error: unknown) => log.warn({ err: error }, `backups: ${what} stays`)
    // The WAL that an earlier destination would still get is retained until then.
    if (embedded) await dropArchives(databaseUrl).catch(warn('old slot'))
    await withPool(use, async (pool) => {
      await forgetUpkeep(pool, 'backup')
      await forgetUpkeep(pool, 'restore_test')
    }).catch(warn('the record of earlier ones'))
    return { stop: async () => undefined }
  }
  // This applies also if the process never gets as far as to record anything.
  await withPool(use, async (pool) => {
    await scheduleUpkeep(pool, 'backup', config.backupSeconds)
    if (config.restoreTestDirectory === null) await forgetUpkeep(pool, 'restore_test')
  }).catch((error: unknown) =>
    log.warn({ err: error }, 'backups: what is scheduled could not be recorded for the metrics yet'),
  )
  return superviseProcess({ databaseUrl, embedded }, options)
}

/** Starts the process again when it ends by itself. */
function superviseProcess(database: BackedUpDatabase, { env, log }: StartBackups) {
  let isStopping = false
  let timer: NodeJS.Timeout | undefined
  const launch = () => {
    // Its own process group: a Ctrl-C at the terminal must not end it before the server has stopped.
    const child = fork(programPath, [], {
      env,
      detached: true,
      execArgv: [...process.execArgv, '--v8-pool-size=1'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const start: BackupProcessStart = { ...database, logLevel: levelOf(log) }
    child.send(start)
    child.on('error', (error) => log.error({ err: error }, 'backups: the process failed'))
    child.once('exit', (code, signal) => {
      if (isStopping) return
      log.error({ code, signal }, 'backups: the process ended, and is started again')
      timer = setTimeout(() => {
        current = launch()
      }, restartMs)
    })
    return child
  }
  let current = launch()
  const unfollow = onLevelChange(log, (logLevel) => {
    const level: BackupProcessLevel = { logLevel }
    if (current.connected) current.send(level, () => undefined)
  })
  return {
    /** Archives what was written until now, and stops. */
    async stop() {
      isStopping = true
      clearTimeout(timer)
      unfollow()
      if (current.exitCode !== null || current.signalCode !== null) return
      const ended = once(current, 'exit')
      current.kill('SIGTERM')
      await pTimeout(ended, {
        milliseconds: stopMsMax,
        fallback: () => {
          log.warn('backups: the process did not stop in time')
          current.kill('SIGKILL')
        },
      })
    },
  }
}
