import { verify } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { withEnding } from '../cluster/ending.ts'
import { ClaimLoad, compareWithDatabase } from '../load/claim-load.ts'
import { countLiveGaps, type DrillStage, type DrillStageOptions, setUpDrill } from './drill-stage.ts'
import { type Kill, kills, untilReplaced } from './failovers.ts'

export type FailoverOptions = DrillStageOptions & {
  /** How the primary fails, each time; in turn. */
  kills: readonly Kill[]
}

export type FailoverResult = {
  failovers: number
  /** Claims that got a response of success. */
  acknowledged: number
  /** Acknowledged claims that are missing afterwards. */
  lost: number
  /** Bookings whose key has another one. */
  duplicated: number
  /** Requests that failed and were repeated with the same key, until they were answered. */
  failedRequests: number
  /** The time without any acknowledgement at each failover. */
  writeGapMs: { p50: number; max: number }
  /** 1.2 × (ttl + loop_wait) of Patroni. */
  boundMs: number
  /** What lists and live places show otherwise than the database, in the end. */
  liveGaps: number
  verify: { mismatches: number; overbooked: number }
  /** Lost without synchronous replication: 0 means that this drill finds nothing. */
  controlLost: number
  faults: string[]
}

const boundMs = 1.2 * (20 + 5) * 1_000
/** The claims between two failures, and after each. */
const claimsBetween = 50
const recoveryMsMax = 300_000

/**
 * Fails the primary again and again under claims through nginx, and looks up every acknowledged booking each time. In
 * the end it does so once without synchronous replication, as a negative control.
 */
export async function runFailoverDrill(options: FailoverOptions): Promise<FailoverResult> {
  return withEnding(async (ending) => {
    const stage = await setUpDrill(options, ending)
    const load = new ClaimLoad(stage.load)
    const gaps: number[] = []
    let found = { acknowledged: 0, lost: 0, duplicated: 0 }
    for (let time = 0; time < options.times; time += 1) {
      const kill = options.kills[time % options.kills.length] ?? 'primary'
      gaps.push(await failOnce(stage, load, kill))
      found = await compareWithDatabase(stage.pool, stage.room, load.journal)
      options.say(`${time + 1} ${kill}: ${Math.round(gaps.at(-1) ?? 0)} ms without writes, ${JSON.stringify(found)}`)
      if (load.faults.length > 0) break
    }
    await load.stop()
    found = await compareWithDatabase(stage.pool, stage.room, load.journal)
    const liveGaps = await countLiveGaps(stage)
    const { mismatches, overbooked } = await verify(stage.pool, { clinicNo: null, detailsMax: 10 })
    options.say('control: without synchronous replication')
    const sorted = gaps.toSorted((one, other) => one - other)
    return {
      failovers: gaps.length,
      ...found,
      failedRequests: load.failedRequests,
      writeGapMs: {
        p50: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
        max: Math.round(sorted.at(-1) ?? 0),
      },
      boundMs,
      liveGaps,
      verify: { mismatches, overbooked },
      controlLost: await loseWithoutSynchronousReplication(stage),
      faults: load.faults,
    }
  })
}

/** Lets the primary fail once, until all three nodes replicate again. @returns the write gap, in milliseconds */
async function failOnce({ cluster }: DrillStage, load: ClaimLoad, kind: Kill): Promise<number> {
  const primary = await cluster.untilHealthy()
  const others = cluster.nodes.filter((node) => node !== primary)
  await load.untilAcknowledged(claimsBetween)
  const beganMs = performance.now()
  await kills[kind].begin(primary, others)
  await untilReplaced(cluster, primary)
  await load.untilAcknowledged(claimsBetween)
  const gapMs = load.gapMsAfter(beganMs)
  await kills[kind].end(primary, others)
  await cluster.untilHealthy()
  return gapMs
}

/** The same once, with asynchronous replicas that get nothing for a while. @returns how many bookings were lost */
async function loseWithoutSynchronousReplication(stage: DrillStage): Promise<number> {
  const { cluster } = stage
  const before = await cluster.untilHealthy()
  await before.changeCluster({ synchronous_mode: false, maximum_lag_on_failover: 2 ** 30 })
  const primary = await cluster.untilHealthy(false)
  const load = new ClaimLoad(stage.load)
  await load.untilAcknowledged(1)
  primary.cutOffReplicas()
  await load.untilAcknowledged(claimsBetween)
  await primary.killMachine()
  await untilReplaced(cluster, primary)
  await load.untilAcknowledged(claimsBetween)
  await load.stop()
  const found = await until(
    () => compareWithDatabase(stage.pool, stage.room, load.journal).catch(() => undefined),
    'the bookings of the control',
    recoveryMsMax,
  )
  return found.lost
}
