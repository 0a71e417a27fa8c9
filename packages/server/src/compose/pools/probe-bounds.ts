import { poolConnections } from './database-connections.ts'

/** The bounds of the pool for probes, and of one that asks where shards are. */
export const probeBounds = {
  max: poolConnections.probes,
  statementTimeoutMs: 1_000,
  queryTimeoutMs: 2_000,
  connectTimeoutMs: 2_000,
}
