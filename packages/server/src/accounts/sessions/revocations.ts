import type { RedisLink } from '@holdfast/adapters/redis'
import type { Revocations } from './principals.ts'

const channel = 'holdfast:revoked'

/** Revocations by a channel of Redis. Two installations may share it: their digests differ. */
export function createRevocations(redis: RedisLink, digestOf: (text: string) => string): Revocations {
  return {
    digestOf,
    publish: (digest) => redis.publish(channel, digest),
    follow: (onRevoked, onGap) => redis.subscribe(channel, onRevoked, onGap),
  }
}
