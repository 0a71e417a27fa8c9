import { openRedis, redisScript } from '@holdfast/adapters/redis'
import { type Check, ok, warning } from './check.ts'

const infoScript = redisScript("return redis.call('INFO')")
const callMsMax = 2_000

/** Whether Redis responds, and forgets the oldest keys rather than refusing new ones. Warnings: bookings go on. */
export async function checkRedis(url: string): Promise<Check> {
  let reason = 'no reply in time'
  const onChange = (_isAvailable: boolean, why: string) => {
    if (why !== '') reason = why
  }
  const redis = await openRedis({ url, callMsMax, onChange })
  try {
    const reply = await redis.run(infoScript, [], [])
    if (typeof reply !== 'string') {
      const fix = 'start Redis, or fix REDIS_URL; until then each process counts rate limits for itself'
      return warning('Redis', `cannot be used: ${reason}`, fix)
    }
    return checkInfo(new Map(reply.split(/\r?\n/).map(fieldOf)))
  } finally {
    redis.close()
  }
}

function checkInfo(info: ReadonlyMap<string, string>): Check {
  const version = info.get('redis_version') ?? 'unknown'
  const policy = info.get('maxmemory_policy') ?? 'unknown'
  const found = `version ${version}, maxmemory-policy ${policy}`
  if (info.get('maxmemory') !== '0' && policy === 'noeviction') {
    return warning(
      'Redis',
      `${found}: when its memory is full, nothing is counted`,
      'set maxmemory-policy volatile-ttl',
    )
  }
  return ok('Redis', found)
}

function fieldOf(line: string): [string, string] {
  const at = line.indexOf(':')
  return [line.slice(0, at), line.slice(at + 1)]
}
