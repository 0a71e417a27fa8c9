import { type RedisLink, redisScript } from '@holdfast/adapters/redis'
import {
  type AttemptLimits,
  firstWaitSeconds,
  forgottenAfterMs,
  type LocalAttemptLimits,
  waitSecondsMax,
} from './attempt-limits.ts'

/**
 * KEYS: a hash with the failures and until when to wait. ARGV: free failures, first and longest wait in seconds, and
 * after how many milliseconds the failures are forgotten.
 */
const beginScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'n', 'until')
local waitMs = tonumber(found[2] or 0) - now
if waitMs > 0 then return math.ceil(waitMs / 1000) end
local count = tonumber(found[1] or 0) + 1
local doublings = count - tonumber(ARGV[1])
local seconds = 0
if doublings >= 0 then seconds = math.min(tonumber(ARGV[3]), tonumber(ARGV[2]) * 2 ^ doublings) end
redis.call('HSET', KEYS[1], 'n', count, 'until', string.format('%.0f', now + seconds * 1000))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0`)

const succeededScript = redisScript(`redis.call('DEL', KEYS[1])`)

const withdrawnScript = redisScript(`
local count = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
if count > 0 then redis.call('HSET', KEYS[1], 'n', count - 1, 'until', 0) end`)

/**
 * The limits of all processes together, in Redis; while it does not respond in time, those of this process, which
 * counts the same attempts.
 *
 * @param digestOf hides e-mail addresses: Redis holds only digests of them
 */
export function shareAttemptLimits(
  own: LocalAttemptLimits,
  redis: RedisLink,
  digestOf: (text: string) => string,
): AttemptLimits {
  const keysOf = (key: string) => [`holdfast:attempts:${digestOf(`attempts ${key}`)}`]
  return {
    async begin(key) {
      const ownSeconds = own.begin(key)
      const shared = await redis.run(beginScript, keysOf(key), [
        own.freeMax,
        firstWaitSeconds,
        waitSecondsMax,
        forgottenAfterMs,
      ])
      return typeof shared === 'number' ? shared : ownSeconds
    },
    async succeeded(key) {
      own.succeeded(key)
      await redis.run(succeededScript, keysOf(key), [])
    },
    async withdrawn(key) {
      own.withdrawn(key)
      await redis.run(withdrawnScript, keysOf(key), [])
    },
  }
}
