import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { type BackupEvent, type BaseManifest, runContinuousBackup } from '@holdfast/adapters/backup'
import { createPool, readRelease, recordUpkeep } from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import { readConfig } from '../config/config.ts'
import { changeLevel } from '../observe/log-level.ts'
import { createLogger, type Logger } from '../observe/logger.ts'
import { backupKeys } from './backup-keys.ts'
import { ErasureList } from './erasure-list.ts'
import { openBackups } from './open-backups.ts'
import { BackupRecords } from './record-backups.ts'
import { restoreObstacle } from './restore-obstacle.ts'
import { type RestoreTestDeps, runRestoreTests } from './restore-tests.ts'
import type { BackupProcessLevel, BackupProcessStart } from './start-backups.ts'

/** The process of continuous backups; see start-backups.ts. */
const lowPriority = 10

const stopping = new AbortController()
// The server has ended without stopping this process.
process.on('disconnect', () => stopping.abort())

const result = readConfig(process.env)
if (result.kind === 'invalid') throw new Error('The settings of the server are valid, and these are not.')
const { config } = result
const { backupTo } = config
const log = createLogger(config.logLevel)
lowerPriority()
process.on('message', ({ logLevel }: BackupProcessStart | BackupProcessLevel) => changeLevel(log, logLevel))
const [start] = (await once(process, 'message')) as [BackupProcessStart]
if (backupTo !== null) await run(backupTo, start)
if (process.connected) process.disconnect?.()

async function run(place: string, { databaseUrl, embedded }: BackupProcessStart): Promise<void> {
  const store = openBackups(place, config)
  const { signal } = stopping
  const logEvent = eventLogger(log)
  const pool = createPool({ url: databaseUrl, max: 1, name: 'holdfast backup', onIdleError: () => undefined })
  const records = new BackupRecords({ owner: pool, intervalSeconds: config.backupSeconds, signal, log })
  const onEvent = (event: BackupEvent) => {
    if (event.kind === 'opened') return stopBySignal()
    logEvent(event)
    records.onEvent(event, { isLast: signal.aborted })
    if (event.kind === 'copied') void warnOfObstacle(event.manifest)
  }
  const record: RestoreTestDeps['record'] = (result) => recordUpkeep(pool, 'restore_test', result)
  const restoreTests = runRestoreTests({ store, config, signal, log, record })
  const erasures = new ErasureList(pool, store)
  await runContinuousBackup({
    databaseUrl,
    store,
    keys: backupKeys(config),
    release: await readRelease(),
    embedded,
    flushSeconds: config.backupSeconds,
    copyHours: config.backupHours,
    megabytesPerSecond: config.backupMegabytesPerSecond,
    keepDays: config.backupDays,
    signal,
    storeErasures: (sealer, untilMs) => erasures.store(sealer, untilMs),
    onEvent,
  })
  await Promise.all([records.recorded(), restoreTests])
  await pool.end()
}

/**
 * Until this is called, a signal ends the process at once, which loses nothing: WAL that was not archived yet is in the
 * server. To derive the key from a passphrase takes a second of the thread, which runs no listener meanwhile. With the
 * low priority on a busy machine it took a minute, and the server that stopped waited for its limit of 30 s.
 */
function stopBySignal(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    if (process.listenerCount(signal) === 0) process.on(signal, () => stopping.abort())
  }
}

async function warnOfObstacle(manifest: BaseManifest): Promise<void> {
  const obstacle = await restoreObstacle(manifest)
  if (obstacle !== null) log.warn({ backup: manifest.id, obstacle }, 'backup: holdfast restore can’t restore it')
}

/**
 * On Linux each thread has a priority, and Node has started some that read files and compress. This process also has a
 * separate session: where the scheduler groups processes by session, only the group's priority counts between them.
 */
function lowerPriority(): void {
  const threads = existsSync('/proc/self/task') ? readdirSync('/proc/self/task').map(Number) : [process.pid]
  for (const thread of threads) setPriority(thread, lowPriority)
  const group = '/proc/self/autogroup'
  try {
    if (existsSync(group)) writeFileSync(group, String(lowPriority))
  } catch (error) {
    log.debug({ err: error }, 'backups: the priority of the session can’t be lowered')
  }
}

/** Logs each copy, and a failure once until it is over or another one follows. */
function eventLogger(logger: Logger): (event: BackupEvent) => void {
  const failing = { archive: '', copy: '' }
  const works = (what: keyof typeof failing) => {
    if (failing[what] !== '') logger.info({ what }, 'backup: works again')
    failing[what] = ''
  }
  return (event) => {
    if (event.kind === 'copied') {
      const { id, bytes, parts } = event.manifest
      const stored = parts.reduce((sum, part) => sum + part.bytes, 0)
      works('copy')
      logger.info({ backup: id, bytes, stored, removed: event.removed }, 'backup: the database was copied')
    }
    if (event.kind === 'flushed') works('archive')
    if (event.kind === 'other_history') {
      logger.warn(
        { archive: event.archive },
        'backup: the database was set back to an earlier state, so a new archive begins, with a new copy',
      )
    }
    if (event.kind !== 'failed') return
    const { what, error } = event
    const reason = messageOf(error)
    if (reason !== failing[what]) logger.error({ err: error, what }, 'backup failed, and is tried again')
    failing[what] = reason
  }
}
