import { openRedis, type RedisLink } from '@holdfast/adapters/redis'
import { shareAttemptLimits } from '../accounts/attempts/shared-attempt-limits.ts'
import type { SharedAccounts } from '../accounts/open-accounts.ts'
import { createRevocations } from '../accounts/sessions/revocations.ts'
import type { Config } from '../config/config.ts'
import type { SharedCounts } from '../edge/rate-limits/count-windows.ts'
import { createSharedCounts } from '../edge/rate-limits/shared-counts.ts'
import type { Logger } from '../observe/logger.ts'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'

/** What all processes share in Redis. */
export type Shared = {
  redis: RedisLink
  counts: SharedCounts
  accounts: SharedAccounts
  close(): void
}

/** null: there is no REDIS_URL. The server starts, and works, without Redis as well. */
export async function openShared(config: Config, secrets: readonly string[], log: Logger): Promise<Shared | null> {
  const { redisUrl: url, redisCallMsMax: callMsMax } = config
  if (url === null) return null
  const onChange = (isAvailable: boolean, reason: string) => {
    if (isAvailable) log.info('Redis is available: rate limits are counted in all processes together')
    else log.warn({ reason }, 'Redis is unavailable: rate limits are counted in this process alone')
  }
  const redis = await openRedis({ url, callMsMax, onChange })
  const digestOf = createKeyedDigests(secrets, 'rate-limit')
  return {
    redis,
    counts: createSharedCounts(redis, digestOf),
    accounts: {
      attemptLimits: (own) => shareAttemptLimits(own, redis, digestOf),
      revocations: createRevocations(redis, createKeyedDigests(secrets, 'revocation')),
    },
    close: () => redis.close(),
  }
}
