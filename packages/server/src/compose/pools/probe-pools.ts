import type { DatabasePool } from '@holdfast/engine'
import { poolConnections } from './database-connections.ts'
import type { OpenPool } from './pool-opener.ts'

/** What looks after a database, apart from what uses it, so that a busy process still responds to probes. */
export type ProbePools = Record<'probes' | 'figures' | 'ping', DatabasePool>

const probeBounds = {
  statementTimeoutMs: 1_000,
  queryTimeoutMs: 2_000,
  connectTimeoutMs: 2_000,
}

export function openProbePools(open: OpenPool): ProbePools {
  return {
    probes: open('probes', { ...probeBounds, max: poolConnections.probes }),
    figures: open('figures', { ...probeBounds, max: poolConnections.figures }),
    ping: open('ping', { ...probeBounds, max: poolConnections.ping }),
  }
}
