import type { Registry } from 'prom-client'
import { addGauge } from './figures.ts'

/**
 * `eventTailLagSeconds`: the age of the oldest event that a tail of the log may not read yet; 0 if there is none.
 * `partitionSecondsLeft`: until the last month for which bookings can be written has ended. `accountMails…`: e-mails
 * with links, invitations and notices that have not been sent, and for how long the oldest has waited. A backup has the
 * newest moment that can be restored, in seconds since 1970, and a verification the time at which it last found no
 * fault; 0: never. `backupIntervalSeconds`: NaN: backups are off.
 */
export type DatabaseFigures = {
  activeHolds: number
  eventTailLagSeconds: number
  partitionSecondsLeft: number
  accountMailsWaiting: number
  accountMailSecondsWaiting: number
  backupRestorableSeconds: number
  backupFailingSeconds: number
  backupIntervalSeconds: number
  verifiedSeconds: number
  verifyFailingSeconds: number
}

const databaseFiguresMs = 1_000

const databaseGauges: { name: string; help: string; figure: keyof DatabaseFigures; aggregator: 'max' | 'min' }[] = [
  {
    name: 'holdfast_active_holds',
    help: 'PENDING bookings in the database whose hold has not expired.',
    figure: 'activeHolds',
    aggregator: 'max',
  },
  {
    name: 'holdfast_event_tail_lag_seconds',
    help: 'Age of the oldest event that the log tail may not read yet because an older transaction is still open.',
    figure: 'eventTailLagSeconds',
    aggregator: 'max',
  },
  {
    name: 'holdfast_partition_seconds_left',
    help: 'Time until the last monthly partition of bookings ends. After that, no booking can be written.',
    figure: 'partitionSecondsLeft',
    aggregator: 'min',
  },
  {
    name: 'holdfast_account_mails_waiting',
    help: 'E-mails with links, invitations and notices that have not been sent yet.',
    figure: 'accountMailsWaiting',
    aggregator: 'max',
  },
  {
    name: 'holdfast_account_mails_waiting_seconds',
    help: 'For how long the oldest of them has waited; it grows while the mail server is away.',
    figure: 'accountMailSecondsWaiting',
    aggregator: 'max',
  },
  {
    name: 'holdfast_backup_restorable_timestamp_seconds',
    help: 'The newest moment that can be restored. 0: there is no backup yet.',
    figure: 'backupRestorableSeconds',
    aggregator: 'max',
  },
  {
    name: 'holdfast_backup_failing_seconds',
    help: 'For how long backups have failed. 0: the last one succeeded.',
    figure: 'backupFailingSeconds',
    aggregator: 'max',
  },
  {
    name: 'holdfast_backup_interval_seconds',
    help: 'How often changes are backed up (HOLDFAST_BACKUP_SECONDS). NaN: backups are off.',
    figure: 'backupIntervalSeconds',
    aggregator: 'max',
  },
  {
    name: 'holdfast_verify_timestamp_seconds',
    help: 'When `holdfast verify` last found no fault. 0: never.',
    figure: 'verifiedSeconds',
    aggregator: 'max',
  },
  {
    name: 'holdfast_verify_failing_seconds',
    help: 'For how long `holdfast verify` has found faults. 0: it found none last time.',
    figure: 'verifyFailingSeconds',
    aggregator: 'max',
  },
]

/** What the database says, the same to every process. NaN: it is unavailable. */
export function addDatabaseFigures(registry: Registry, readDatabase: () => Promise<DatabaseFigures>): void {
  const read = throttled(readDatabase)
  for (const { figure, ...options } of databaseGauges) {
    addGauge(registry, { ...options, read: async () => (await read())?.[figure] ?? Number.NaN })
  }
}

/** Calls `read` at most once per {@link databaseFiguresMs}; null while the database is unavailable. */
function throttled(read: () => Promise<DatabaseFigures>): () => Promise<DatabaseFigures | null> {
  let figures: Promise<DatabaseFigures | null> | null = null
  let readAt = 0
  return () => {
    if (figures === null || performance.now() - readAt > databaseFiguresMs) {
      readAt = performance.now()
      figures = read().catch(() => null)
    }
    return figures
  }
}
