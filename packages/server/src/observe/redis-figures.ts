import type { RedisLink } from '@holdfast/adapters/redis'
import { Counter, Gauge, type Registry } from 'prom-client'

/** Metrics that exist only with REDIS_URL. */
export function addRedisFigures(registry: Registry, redis: Pick<RedisLink, 'isAvailable' | 'figures'>): void {
  const registers = [registry]
  new Gauge({
    name: 'holdfast_redis_available',
    help: '1: rate limits are counted in Redis. 0: Redis does not respond in time, and each process counts for itself.',
    aggregator: 'min',
    registers,
    collect() {
      this.set(redis.isAvailable ? 1 : 0)
    },
  })
  new Counter({
    name: 'holdfast_redis_calls_total',
    help: 'Calls of Redis by result: ok, late (no reply in time), failed, or skipped because Redis was not available.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset()
      for (const [result, count] of Object.entries(redis.figures)) this.inc({ result }, count)
    },
  })
}
