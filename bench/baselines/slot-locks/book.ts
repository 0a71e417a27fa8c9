import { randomUUID } from 'node:crypto'
import { countAndInsert } from '../count-and-insert.ts'
import type { Strategy } from '../strategy.ts'
import { withLock } from '../wait-for-lock.ts'

/** A row in slot_locks around the transaction, taken if there is none or if it has expired. */
export const book: Strategy = async (resources, request) => {
  const { pool } = resources
  const token = randomUUID()
  const take = async () => {
    const { rowCount } = await pool.query({
      name: 'take_lock',
      text: `insert into slot_locks as l (slot_id, token, expires_at) values ($1, $2, now() + interval '5 seconds')
             on conflict (slot_id) do update set token = excluded.token, expires_at = excluded.expires_at
              where l.expires_at < now()`,
      values: [request.slotId, token],
    })
    return rowCount === 1
  }
  const release = () =>
    pool.query({
      name: 'release_lock',
      text: 'delete from slot_locks where slot_id = $1 and token = $2',
      values: [request.slotId, token],
    })
  return withLock(take, release, () => countAndInsert(resources, request))
}
