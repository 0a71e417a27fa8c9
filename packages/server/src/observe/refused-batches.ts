import type { BatchReport } from '@holdfast/engine'

const minuteMs = 60_000

/**
 * Logs batches that the database refused, for each queue and SQLSTATE at most once a minute. Their items are sent
 * alone, so that nobody else notices.
 */
export function refusedBatchLog(log: {
  warn(fields: object, message: string): void
}): (report: Pick<BatchReport, 'queue' | 'size' | 'refusedWith'>) => void {
  const loggedAtMs = new Map<string, number>()
  return ({ queue, size, refusedWith: sqlState }) => {
    if (sqlState === null) return
    const now = performance.now()
    const key = `${queue} ${sqlState}`
    if ((loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) > now - minuteMs) return
    loggedAtMs.set(key, now)
    log.warn({ queue, size, sqlState }, 'the database refused a batch')
  }
}
