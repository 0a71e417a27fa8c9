import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { wakeChannel } from './listen-for-wakes.ts'

const pauseMs = 10

/**
 * Notifies the other processes of commits: on a separate connection, after the commit (inside the claim's transaction
 * it cost 16 % at batches of 8). All commits during one notification share the next one.
 *
 * @returns `name`: the payload of its notifications, so that this process's tail can ignore them
 */
export function createWaker(pool: pg.Pool): { name: string; wakeOthers(): void } {
  const name = randomUUID()
  let underway = false
  let again = false
  const send = async () => {
    // A lost notification only delays the others, because they also poll. So its commit need not wait for a flush.
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
