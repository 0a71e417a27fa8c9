import { hostname } from 'node:os'
import { readRelease } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import { createHealth, type ReadHealth } from '../health/create-health.ts'
import type { KnownQueues } from '../health/process-checks.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { MachineWatch } from '../observe/watch-machine.ts'
import type { Shared } from './open-shared.ts'
import type { OpenShard } from './shards/open-shard.ts'
import type { OpenShards } from './shards/shards.ts'
import { knownReplicas } from './watch-replicas.ts'

type Parts = {
  shards: OpenShards
  metrics: Metrics
  machine: MachineWatch
  shared: Shared | null
}

/** The health of the installation, as a server process sees it. */
export async function healthOfServer(config: Config, parts: Parts): Promise<ReadHealth> {
  const { shards, metrics, machine, shared } = parts
  return createHealth({
    databases: shards.observed,
    readFigures: shards.probes.databaseFigures,
    machine,
    isEmbedded: config.databaseUrl === null,
    release: await readRelease(),
    process: processName(),
    queues: () => knownQueues(config, { shards, metrics }),
    replicas: () =>
      shards.all.flatMap(({ replicas }, index) =>
        replicas === null ? [] : knownReplicas(shards.observed[index]?.name ?? null, replicas),
      ),
    channels: channelsOf(config),
    isRedisAvailable: () => shared?.redis.isAvailable ?? null,
    now: () => new Date(),
  })
}

type QueueParts = {
  shards: { all: readonly { engine: QueueFigures }[]; observed: readonly { name: string | null }[] }
  metrics: Pick<Metrics, 'recentWaits'>
}

type QueueFigures = Pick<OpenShard['engine'], 'queueDepths' | 'claimsQueued'>

/** The queues of each database: while that of one is full, others may take bookings. */
export function knownQueues(
  { queueSizeMax, queueWaitMsMax }: Pick<Config, 'queueSizeMax' | 'queueWaitMsMax'>,
  { shards, metrics }: QueueParts,
): KnownQueues {
  return {
    databases: shards.all.map(({ engine }, index) => ({
      database: shards.observed[index]?.name ?? null,
      queued: Object.values(engine.queueDepths()).reduce((sum, { queued, slow }) => sum + queued + slow, 0),
      isFull: engine.claimsQueued() >= queueSizeMax,
    })),
    ...metrics.recentWaits(),
    waitSecondsMax: queueWaitMsMax / 1_000,
  }
}

/** The machine and the process, as its log names them. */
export function processName(): string {
  return `${hostname()} ${process.pid}`
}

export function channelsOf({ smtpUrl, smsUrl }: Pick<Config, 'smtpUrl' | 'smsUrl'>) {
  return { email: smtpUrl !== null, sms: smsUrl !== null }
}
