import type { BackupEvent } from '@holdfast/adapters/backup'
import { recordUpkeep } from '@holdfast/engine'
import type pg from 'pg'
import type { Logger } from '../observe/logger.ts'

/** While nothing else changes: each record is WAL, which the next piece of the archive has to store. */
const recordMs = 60_000

/** Records in the database up to when it can be restored, and since when backups fail, for the metrics of all. */
export class BackupRecords {
  readonly #owner: pg.Pool
  readonly #log: Logger
  readonly #failing = new Set<'archive' | 'copy'>()
  #recordedAt = Number.NEGATIVE_INFINITY
  #recorded: Promise<void> = Promise.resolve()

  constructor(owner: pg.Pool, log: Logger) {
    this.#owner = owner
    this.#log = log
  }

  /** @param isLast what it records is not delayed */
  onEvent(event: BackupEvent, { isLast }: { isLast: boolean }): void {
    const failingBefore = this.#failing.size
    if (event.kind === 'failed') this.#failing.add(event.what)
    if (event.kind === 'flushed') this.#failing.delete('archive')
    if (event.kind === 'copied') this.#failing.delete('copy')
    const hasChanged = this.#failing.size !== failingBefore
    const untilMs = event.kind === 'flushed' ? event.untilMs : null
    const isDue = untilMs !== null && performance.now() - this.#recordedAt >= recordMs
    if (hasChanged || isDue || isLast) this.#record(untilMs === null ? null : new Date(untilMs))
  }

  /** Resolves when all is recorded. */
  get recorded(): Promise<void> {
    return this.#recorded
  }

  #record(succeededAt: Date | null): void {
    if (succeededAt !== null) this.#recordedAt = performance.now()
    const outcome = { succeededAt, isFailing: this.#failing.size > 0 }
    this.#recorded = this.#recorded
      .then(() => recordUpkeep(this.#owner, 'backup', outcome))
      .catch((error: unknown) => {
        // The next event that is due is recorded instead. Without the database, no metric has a value.
        this.#recordedAt = Number.NEGATIVE_INFINITY
        this.#log.warn({ err: error }, 'backups: the result could not be recorded for the metrics')
      })
  }
}
