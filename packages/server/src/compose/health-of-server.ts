import { hostname } from 'node:os'
import { readRelease } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import { createHealth, type ReadHealth } from '../health/create-health.ts'
import type { KnownQueues } from '../health/process-checks.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { MachineWatch } from '../observe/watch-machine.ts'
import type { Shared } from './open-shared.ts'
import { type OpenShards, queueDepthsOf } from './shards/shards.ts'

type Parts = {
  shards: OpenShards
  metrics: Metrics
  machine: MachineWatch
  shared: Shared | null
  isClaimQueueFull: () => boolean
}

/** The health of the installation, as a server process sees it. */
export async function healthOfServer(config: Config, parts: Parts): Promise<ReadHealth> {
  const { shards, metrics, machine, shared, isClaimQueueFull } = parts
  const queues = (): KnownQueues => ({
    queued: Object.values(queueDepthsOf(shards)).reduce((sum, { queued, slow }) => sum + queued + slow, 0),
    isFull: isClaimQueueFull(),
    waitSeconds: metrics.recentWaitSeconds(),
    waitSecondsMax: config.queueWaitMsMax / 1_000,
  })
  return createHealth({
    databases: shards.observed,
    readFigures: shards.probes.databaseFigures,
    machine,
    isEmbedded: config.databaseUrl === null,
    release: await readRelease(),
    process: processName(),
    queues,
    replicas: () =>
      shards.all.flatMap(({ replicas }, index) =>
        (replicas?.replicas ?? []).map(({ name, lagMs }) => ({
          database: shards.observed[index]?.name ?? null,
          name,
          lagMs,
        })),
      ),
    channels: channelsOf(config),
    isRedisAvailable: () => shared?.redis.isAvailable ?? null,
    now: () => new Date(),
  })
}

/** The machine and the process, as its log names them. */
export function processName(): string {
  return `${hostname()} ${process.pid}`
}

export function channelsOf({ smtpUrl, smsUrl }: Pick<Config, 'smtpUrl' | 'smsUrl'>) {
  return { email: smtpUrl !== null, sms: smsUrl !== null }
}
