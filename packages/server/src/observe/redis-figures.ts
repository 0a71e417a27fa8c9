import type { RedisLink } from '@holdfast/adapters/redis'
import type { Registry } from 'prom-client'
import { addCounters, addGauge } from './figures.ts'

/** Metrics that exist only with REDIS_URL. */
export function addRedisFigures(registry: Registry, redis: Pick<RedisLink, 'isAvailable' | 'figures'>): void {
  addGauge(registry, {
    name: 'holdfast_redis_available',
    help: '1: rate limits are counted in Redis. 0: Redis does not respond in time, and each process counts for itself.',
    aggregator: 'min',
    read: () => (redis.isAvailable ? 1 : 0),
  })
  addCounters(registry, 'result', {
    name: 'holdfast_redis_calls_total',
    help: 'Calls of Redis by result: ok, late (no reply in time), failed, or skipped because Redis was not available.',
    read: () => Object.entries(redis.figures),
  })
}
