import { poolConnections } from './database-connections.ts'

/** Of the pool for probes, and of one that asks where shards are. */
export const probeBounds = {
  max: poolConnections.probes,
  statementTimeoutMs: 1_000,
  queryTimeoutMs: 2_000,
  connectTimeoutMs: 2_000,
}
