import type { RedisLink } from '@holdfast/adapters/redis'
import type { Registry } from 'prom-client'
import { addCounters, addGauge } from './figures.ts'

/** Metrics that exist only with REDIS_URL. */
export function addRedisFigures(registry: Registry, redis: Pick<RedisLink, 'isAvailable' | 'figures'>): void {
  addGauge(registry, {
    name: 'holdfast_redis_available',
    aggregator: 'min',
    read: () => (redis.isAvailable ? 1 : 0),
  })
  addCounters(registry, {
    name: 'holdfast_redis_calls_total',
    read: () => Object.entries(redis.figures),
  })
}
