import { randomUUID } from 'node:crypto'
import { countAndInsert } from '../count-and-insert.ts'
import type { Strategy } from '../strategy.ts'
import { withLock } from '../wait-for-lock.ts'

const lockMs = 5_000
const deleteIfOurs = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"

/** SET NX with a time to live in Redis around the transaction; only its owner releases it. */
export const book: Strategy = async (resources, request) => {
  const { redis } = resources
  if (redis === null) throw new Error('This design needs Redis.')
  const key = `slot_lock:${request.slotId}`
  const token = randomUUID()
  const take = async () => (await redis.set(key, token, 'PX', lockMs, 'NX')) === 'OK'
  const release = () => redis.eval(deleteIfOurs, 1, key, token)
  return withLock(take, release, () => countAndInsert(resources, request))
}
