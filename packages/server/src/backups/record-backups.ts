import { setTimeout as delay } from 'node:timers/promises'
import type { BackupEvent } from '@holdfast/adapters/backup'
import { recordUpkeep } from '@holdfast/engine'
import type pg from 'pg'
import type { Logger } from '../observe/logger.ts'

/** While nothing else changes: each record is WAL, which the next piece of the archive has to store. */
const recordMs = 60_000
/** The pause between two attempts to record a change, while the database does not take it. */
const retryMs = 2_000

type RecordsDeps = {
  owner: pg.Pool
  /** How often changes are backed up. */
  intervalSeconds: number
  /** Aborted: one more attempt is made. */
  signal: AbortSignal
  log: Logger
}

/** Records in the database up to when it can be restored, and since when backups fail, for the metrics of all. */
export class BackupRecords {
  readonly #deps: RecordsDeps
  readonly #failing = new Set<'archive' | 'copy'>()
  #succeededAt: Date | null = null
  #isDirty = false
  #recordedAt = Number.NEGATIVE_INFINITY
  #recorded: Promise<void> | null = null

  constructor(deps: RecordsDeps) {
    this.#deps = deps
  }

  /** @param isLast what it records is not delayed */
  onEvent(event: BackupEvent, { isLast }: { isLast: boolean }): void {
    const failingBefore = this.#failing.size
    if (event.kind === 'failed') this.#failing.add(event.what)
    if (event.kind === 'flushed') this.#failing.delete('archive')
    if (event.kind === 'copied') this.#failing.delete('copy')
    if (event.kind === 'flushed') this.#succeededAt = new Date(event.untilMs)
    const hasChanged = this.#failing.size !== failingBefore
    // Also a failure that goes on: a process without backups may have deleted the record.
    const isReport = event.kind === 'flushed' || event.kind === 'failed'
    const isDue = isReport && performance.now() - this.#recordedAt >= recordMs
    if (!hasChanged && !isDue && !isLast) return
    this.#isDirty = true
    this.#recordedAt = performance.now()
    this.#recorded ??= this.#record().finally(() => {
      this.#recorded = null
    })
  }

  /** Resolves when all is recorded, or could not be after the stop. */
  async recorded(): Promise<void> {
    await this.#recorded
  }

  async #record(): Promise<void> {
    const { owner, intervalSeconds, signal, log } = this.#deps
    let hasFailed = false
    while (this.#isDirty) {
      this.#isDirty = false
      const wasStopped = signal.aborted
      try {
        const isFailing = this.#failing.size > 0
        await recordUpkeep(owner, 'backup', { succeededAt: this.#succeededAt, isFailing, intervalSeconds })
      } catch (error) {
        if (!hasFailed) log.warn({ err: error }, 'backups: the result could not be recorded for the metrics yet')
        hasFailed = true
        if (wasStopped) return
        this.#isDirty = true
        await delay(retryMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
