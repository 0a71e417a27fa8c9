import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { wakeChannel } from './listen-for-wakes.ts'

const pauseMs = 10

/**
 * Tells the other processes that something was committed: from a connection of its own, after the commit (inside the
 * claim's transaction it cost 16 % at batches of 8), and once for everything that commits while one is under way.
 *
 * @returns `name`: what its notifications carry, for the tail that does not need them
 */
export function createWaker(pool: pg.Pool): { name: string; wakeOthers(): void } {
  const name = randomUUID()
  let underway = false
  let again = false
  const send = async () => {
    // A lost notification costs the others a little time: they look by themselves as well. So it is not flushed, which
    // it would be, as it writes.
    const notify = sql`select set_config('synchronous_commit', 'off', true), pg_notify(${wakeChannel}, ${name})`
    await pool.query(prepared('wake_others', notify)).catch(() => undefined)
    setTimeout(() => {
      underway = false
      if (again) wakeOthers()
    }, pauseMs).unref()
  }
  const wakeOthers = () => {
    again = underway
    if (underway) return
    underway = true
    void send()
  }
  return { name, wakeOthers }
}
