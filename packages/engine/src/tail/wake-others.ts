import type pg from 'pg'
import { wakeChannel } from './listen-for-wakes.ts'

const pauseMs = 10

/**
 * Tells the other processes that something was committed: from a connection of its own, after the commit (inside the
 * claim's transaction it cost 16 % at batches of 8), and once for everything that commits while one is under way.
 */
export function createWaker(pool: pg.Pool): { wakeOthers(): void } {
  let underway = false
  let again = false
  const send = async () => {
    // A lost notification costs the others a little time: they look by themselves as well.
    await pool.query({ name: 'wake_others', text: `select pg_notify('${wakeChannel}', '')` }).catch(() => undefined)
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
  return { wakeOthers }
}
