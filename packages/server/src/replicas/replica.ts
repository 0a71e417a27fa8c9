import { setTimeout as delay } from 'node:timers/promises'
import { createReads, isConnectionLost, type Reads } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { WalPosition } from './primary-position.ts'

/** How long a read waits for a replica that is just behind its position. */
const waitMsMax = 50
const pollMs = 3

/** One replica: what it has replayed, and whether it gets reads. */
export class Replica {
  /** Its host and port. */
  readonly name: string
  readonly reads: Reads
  readonly #checks: pg.Pool
  readonly #epoch: () => number
  /** Milliseconds; null: not known, because it does not respond or is no replica of this primary. */
  lagMs: number | null = null
  served = 0

  /** @param epoch of the log that the primary writes: a replica with another one is of another database */
  constructor(name: string, pools: { reads: pg.Pool; checks: pg.Pool }, epoch: () => number) {
    this.name = name
    this.#checks = pools.checks
    this.#epoch = epoch
    this.reads = createReads(pools.reads)
  }

  /**
   * What it has replayed; null: it is no replica of this primary, such as after a promotion.
   *
   * @throws the driver's errors
   */
  async replayed(): Promise<WalPosition | null> {
    const { rows } = await this.#checks.query<{ replayed: string | null; epoch: string | null }>(sql`
      select case when pg_is_in_recovery() then pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::text end as replayed,
             (select max(no)::text from holdfast.log_epoch) as epoch`)
    const [row] = rows
    if (row === undefined || row.replayed === null || Number(row.epoch) !== this.#epoch()) return null
    return BigInt(row.replayed)
  }

  /** Whether a read from now on sees all up to the position. @throws the driver's errors */
  async reaches(position: WalPosition): Promise<boolean> {
    const deadline = performance.now() + waitMsMax
    for (;;) {
      const replayed = await this.replayed()
      if (replayed !== null && replayed >= position) return true
      if (replayed === null || performance.now() > deadline) return false
      await delay(pollMs)
    }
  }

  /** A read failed with an error of the database. A lost connection may mean that the server is gone. */
  failed(error: unknown): void {
    if (isConnectionLost(error)) this.lagMs = null
  }
}
