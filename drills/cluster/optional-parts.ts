import { startPgBouncer, whyNoPgBouncer } from '@holdfast/testkit'
import { rabbitServer, whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { startRedisServer, whyNoRedis } from '@holdfast/testkit/redis-server'
import type { Ending } from './ending.ts'

/** A program that a cluster can do without, and where it listens. */
export type OptionalPart = { name: string; where: string }

export type OptionalParts = {
  started: OptionalPart[]
  /** The parts that are not installed, and Debian's packages that have them. */
  missing: OptionalPart[]
  /** Holdfast's settings with which it uses them. */
  settings: Record<string, string>
}

/** The database through HAProxy. */
type Database = { superuserUrl: string; databaseUrl: string }

/** Starts PgBouncer, Redis and RabbitMQ where they are installed. */
export async function startOptionalParts(
  { superuserUrl, databaseUrl }: Database,
  ending: Ending,
  say: (line: string) => void,
): Promise<OptionalParts> {
  const parts: OptionalParts = { started: [], missing: [], settings: {} }
  if (whyNoPgBouncer === null) {
    say('starting PgBouncer')
    // Its clients are on this machine; it uses TLS itself.
    const bouncer = await startPgBouncer(withoutTls(superuserUrl))
    await ending.add('to stop PgBouncer', () => bouncer.stop())
    parts.settings.DATABASE_URL = bouncer.urlOf(withoutTls(databaseUrl))
    parts.settings.DATABASE_DIRECT_URL = databaseUrl
    parts.started.push({ name: 'PgBouncer', where: bouncer.directory })
  } else parts.missing.push({ name: 'PgBouncer', where: 'pgbouncer' })
  if (whyNoRedis() === null) {
    say('starting Redis')
    const redis = await startRedisServer()
    await ending.add('to stop Redis', () => redis.stop())
    parts.settings.REDIS_URL = redis.url
    parts.started.push({ name: 'Redis', where: redis.url })
  } else parts.missing.push({ name: 'Redis', where: 'redis-server' })
  if (whyNoRabbit() === null) {
    say('starting RabbitMQ')
    const rabbit = await rabbitServer()
    await ending.add('to stop RabbitMQ', () => rabbit.end())
    parts.settings.AMQP_URL = rabbit.url
    parts.started.push({ name: 'RabbitMQ', where: rabbit.url })
  } else parts.missing.push({ name: 'RabbitMQ', where: 'rabbitmq-server' })
  return parts
}

function withoutTls(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  for (const name of ['sslmode', 'sslrootcert', 'uselibpqcompat']) url.searchParams.delete(name)
  return url.href
}
