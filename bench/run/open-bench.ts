import { type RedisServer, startRedisServer, whyNoRedis } from '@holdfast/testkit/redis-server'
import { type BaselineName, startBaseline } from '../contenders/baseline-server.ts'
import { startCluster } from '../contenders/cluster.ts'
import type { Contender } from '../contenders/contender.ts'
import { startLoadGenerator } from '../contenders/load-generator.ts'
import { type OurServer, startOurServer } from '../contenders/our-server.ts'
import type { Bench, Pace } from '../scenarios/scenario.ts'

export type OpenBench = Bench & {
  redisVersion: string
  /** Stops every server and process. */
  close(): Promise<void>
}

/**
 * Starts what every scenario needs; servers start when a scenario first needs them.
 *
 * @throws Error if redis-server is missing, which baseline 6 needs
 */
export async function openBench(pace: Pace, growthBookings: number, say: (line: string) => void): Promise<OpenBench> {
  const missing = whyNoRedis()
  if (missing !== null) throw new Error(`${missing}. Baseline 6 needs it: install Debian's package redis-server.`)
  const redis = await startRedisServer()
  const stops: (() => Promise<void>)[] = [() => redis.stop()]
  const close = async () => {
    for (const stop of stops.splice(0).toReversed()) await stop()
  }
  try {
    const cluster = await startCluster(say)
    stops.push(() => cluster.stop())
    const generator = startLoadGenerator()
    stops.push(() => generator.stop())
    const databases = new Map<string, Promise<string>>()
    const databaseOf = (name: string) =>
      databases.getOrInsertComputed(name, () => cluster.createDatabase(`bench_${name}`))
    const startOurs = async (name: string, env: Record<string, string> = {}, program?: string) => {
      const options = { name, env, ...(program === undefined ? {} : { program }) }
      const ours = await startOurServer(await databaseOf(name), options)
      stops.push(() => ours.stop())
      return ours
    }
    return {
      cluster,
      generator,
      pace,
      growthBookings,
      say,
      redisVersion: /redis_version:([\d.]+)/.exec(redis.command('info', 'server'))?.[1] ?? 'unknown',
      ...servers({ startOurs, createDatabase: cluster.createDatabase, redis, onStart: (stop) => stops.push(stop) }),
      startOurs,
      async countStatements(name) {
        await databaseOf(name)
        await cluster.pool.query(`alter database bench_${name} set pg_stat_statements.track = 'top'`)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Starting = {
  startOurs: Bench['startOurs']
  createDatabase(name: string): Promise<string>
  redis: RedisServer
  onStart(stop: () => Promise<void>): void
}

/** Starts each server once, when it is first needed. */
function servers({ startOurs, createDatabase, redis, onStart }: Starting): Pick<Bench, 'ours' | 'baseline'> {
  let ours: Promise<OurServer> | null = null
  const started = new Map<BaselineName, Promise<Contender>>()
  const stoppedWithBench = async <One extends Contender>(starting: Promise<One>): Promise<One> => {
    const one = await starting
    onStart(() => one.stop())
    return one
  }
  return {
    ours() {
      ours ??= startOurs('holdfast')
      return ours
    },
    baseline(name) {
      const known = started.get(name)
      if (known !== undefined) return known
      const database = createDatabase(`bench_${name.replaceAll('-', '_')}`)
      const starting = stoppedWithBench(database.then((url) => startBaseline(name, url, redis.socket)))
      started.set(name, starting)
      return starting
    },
  }
}
