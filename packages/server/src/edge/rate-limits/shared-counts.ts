import { type RedisLink, redisScript } from '@holdfast/adapters/redis'
import type { SharedCounts, Window, WindowState } from './count-windows.ts'

/**
 * KEYS: one hash per window, with the count and the end of the window in milliseconds since 1970. ARGV: limit, length
 * in milliseconds and number of the group, for each. Redis's clock decides, so that all processes agree.
 *
 * Returns the count, the end, the milliseconds until then and whether the limit was reached before, for each window of
 * the groups up to the first with one that was.
 */
const countScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out = {}
local first = 1
while first <= #KEYS do
  local last = first
  while last < #KEYS and ARGV[3 * last + 3] == ARGV[3 * first] do last = last + 1 end
  local counts, ends, full, any = {}, {}, {}, false
  for i = first, last do
    local found = redis.call('HMGET', KEYS[i], 'n', 'end')
    counts[i], ends[i] = tonumber(found[1] or 0), tonumber(found[2] or 0)
    if ends[i] <= now then counts[i], ends[i] = 0, now + tonumber(ARGV[3 * i - 1]) end
    full[i] = counts[i] >= tonumber(ARGV[3 * i - 2])
    any = any or full[i]
  end
  for i = first, last do
    if not any then
      counts[i] = counts[i] + 1
      redis.call('HSET', KEYS[i], 'n', counts[i], 'end', string.format('%.0f', ends[i]))
      redis.call('PEXPIREAT', KEYS[i], string.format('%.0f', ends[i]))
    end
    out[#out + 1] = counts[i]
    out[#out + 1] = ends[i]
    out[#out + 1] = ends[i] - now
    out[#out + 1] = full[i] and 1 or 0
  end
  if any then break end
  first = last + 1
end
return out`)

/** Takes one off each count, if its window (ARGV: the end) is still the same. */
const giveBackScript = redisScript(`
for i = 1, #KEYS do
  local found = redis.call('HMGET', KEYS[i], 'n', 'end')
  if found[2] == ARGV[i] and tonumber(found[1]) > 0 then redis.call('HINCRBY', KEYS[i], 'n', -1) end
end`)

const fieldsPerWindow = 4

/** @param digestOf hides addresses and e-mail addresses: Redis holds only digests of them */
export function createSharedCounts(redis: RedisLink, digestOf: (text: string) => string): SharedCounts {
  const keyOf = ({ limit, key }: Window) => `holdfast:limit:${limit.name}:${digestOf(`${limit.name} ${key}`)}`
  return {
    get isAvailable() {
      return redis.isAvailable
    },
    async count(groups) {
      const windows = groups.flat()
      const keys = windows.map(keyOf)
      const args = groups.flatMap((group, at) => group.flatMap(({ limit }) => [limit.max, limit.windowMs, at]))
      const reply = numbersIn(await redis.run(countScript, keys, args))
      if (reply === undefined) return undefined
      const states = windows.slice(0, reply.length / fieldsPerWindow).map(({ limit }, at) => stateOf(limit, reply, at))
      const made = countedOf(groups, states)
      return {
        states,
        async giveBack() {
          if (made === 0) return
          const ends = keys.slice(0, made).map((_key, at) => reply[at * fieldsPerWindow + 1] ?? 0)
          await redis.run(giveBackScript, keys.slice(0, made), ends)
        },
      }
    },
  }
}

function stateOf({ max, what }: Window['limit'], reply: number[], at: number): WindowState {
  const [count = 0, , ttlMs = 0, isFull = 0] = reply.slice(at * fieldsPerWindow)
  return {
    max,
    what,
    remaining: Math.max(0, max - count),
    ttlInSeconds: Math.ceil(ttlMs / 1000),
    isExceeded: isFull === 1,
  }
}

/** How many windows were counted: those of the groups before the one with a window that was full. */
function countedOf(groups: readonly (readonly Window[])[], states: readonly WindowState[]): number {
  let counted = 0
  for (const { length } of groups) {
    if (states.slice(counted, counted + length).some(({ isExceeded }) => isExceeded)) break
    counted += length
  }
  return counted
}

function numbersIn(reply: unknown): number[] | undefined {
  return Array.isArray(reply) && reply.length > 0 && reply.every((value) => typeof value === 'number')
    ? reply
    : undefined
}
