import { setTimeout as delay } from 'node:timers/promises'
import { verify } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { withEnding } from '../cluster/ending.ts'
import { ClaimLoad, compareWithDatabase } from '../load/claim-load.ts'
import { type DrillStage, type DrillStageOptions, setUpDrill } from './drill-stage.ts'

/** What fails: the first server, or nginx. */
export type Part = 'servers' | 'nginx'

export type PartsResult = {
  /**
   * The failures in their order, each with the longest time without an acknowledgement, and the requests that clients
   * repeated.
   */
  failures: { what: string; gapMs: number; failedRequests: number }[]
  acknowledged: number
  lost: number
  duplicated: number
  verify: { mismatches: number; overbooked: number }
  /** Duplicates if claims have no Idempotency-Key: 0 means that this drill finds nothing. */
  controlDuplicated: number
  faults: string[]
}

/** Longer than nginx waits for a response (35 s): what a paused server has received is sent to the other one. */
const pauseMs = 40_000
const nginxPauseMs = 10_000
const claimsBetween = 50
/** Longer than nginx leaves out a server that has failed (`fail_timeout`, 5 s). Before, it would have no claims. */
const leftOutMs = 6_000

type Step = (stage: DrillStage) => Promise<void>

async function killNginx({ cluster: { nginx } }: DrillStage): Promise<void> {
  nginx.process.signalGroup('SIGKILL')
  await nginx.process.end('SIGKILL')
  await nginx.restart()
}

const serverOf = ({ cluster }: DrillStage) => {
  const [server] = cluster.servers
  if (server === undefined) throw new Error('The cluster has no server.')
  return server
}

/** Nothing passes for so long, and what was sent meanwhile is lost. */
async function cutOff(servers: DrillStage['cluster']['servers'], ms: number): Promise<void> {
  for (const { wire } of servers) wire?.hang()
  await delay(ms)
  for (const { wire } of servers) {
    await wire?.cut()
    await wire?.restore()
  }
}

const disconnectServer: Step = (stage) => cutOff([serverOf(stage)], pauseMs)

const failures: Record<Part, Record<string, Step>> = {
  servers: {
    async kill(stage) {
      const server = serverOf(stage)
      await server.process.end('SIGKILL')
      await server.restart()
    },
    async stop(stage) {
      const server = serverOf(stage)
      await server.process.end('SIGTERM')
      await server.restart()
    },
    async pause(stage) {
      const server = serverOf(stage)
      server.process.signal('SIGSTOP')
      await delay(pauseMs)
      server.process.signal('SIGCONT')
    },
    disconnect: disconnectServer,
  },
  nginx: {
    kill: killNginx,
    async pause({ cluster: { nginx } }) {
      nginx.process.signalGroup('SIGSTOP')
      await delay(nginxPauseMs)
      nginx.process.signalGroup('SIGCONT')
    },
    disconnect: ({ cluster: { servers } }) => cutOff(servers, nginxPauseMs),
  },
}

/** Failures that lose the responses of claims in progress. These are sent again, and without keys booked twice. */
const controls: Record<Part, Step> = { servers: disconnectServer, nginx: killNginx }

/** Lets a server or nginx fail in each way under claims with keys, and looks up every acknowledged booking. */
export async function runPartsDrill(part: Part, options: Omit<DrillStageOptions, 'times'>): Promise<PartsResult> {
  return withEnding(async (ending) => {
    const steps = Object.entries(failures[part])
    const stage = await setUpDrill({ ...options, times: 2 * steps.length }, ending)
    const load = new ClaimLoad(stage.load)
    const done: PartsResult['failures'] = []
    for (const [what, step] of steps) {
      await delay(leftOutMs)
      await load.untilAcknowledged(claimsBetween)
      const [beganMs, before] = [performance.now(), load.failedRequests]
      await step(stage)
      await load.untilAcknowledged(claimsBetween)
      const gapMs = Math.round(load.gapMsAfter(beganMs))
      done.push({ what, gapMs, failedRequests: load.failedRequests - before })
      options.say(JSON.stringify(done.at(-1)))
      if (load.faults.length > 0) break
    }
    await load.stop()
    const found = await compareWithDatabase(stage.pool, stage.room, load.journal)
    const { mismatches, overbooked } = await verify(stage.pool, { clinicNo: null, detailsMax: 10 })
    const controlDuplicated = await duplicateWithoutKeys(stage, controls[part], options.say)
    return { failures: done, ...found, verify: { mismatches, overbooked }, controlDuplicated, faults: load.faults }
  })
}

/**
 * Claims without keys while something fails. There are no pauses between claims, so that some are always in progress.
 *
 * @returns how many are double
 */
async function duplicateWithoutKeys(stage: DrillStage, step: Step, say: (line: string) => void): Promise<number> {
  say('control: without keys')
  const load = new ClaimLoad({ ...stage.load, pauseMs: 0, hasKeys: false })
  await delay(leftOutMs)
  await load.untilAcknowledged(claimsBetween)
  await step(stage)
  await load.untilAcknowledged(claimsBetween)
  await load.stop()
  const duplicated = async () => {
    const found = await compareWithDatabase(stage.pool, stage.room, load.journal)
    return found.duplicated > 0 ? found.duplicated : undefined
  }
  return await until(duplicated, 'duplicates', 30_000).catch(() => 0)
}

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfParts(result: PartsResult): string[] {
  const { mismatches, overbooked } = result.verify
  return [
    ...result.faults.slice(0, 10),
    ...(result.lost > 0 ? [`${result.lost} acknowledged bookings are lost`] : []),
    ...(result.duplicated > 0 ? [`${result.duplicated} bookings are duplicates`] : []),
    ...(mismatches + overbooked > 0 ? [`verify: ${mismatches} mismatches, ${overbooked} overbooked`] : []),
    ...(result.controlDuplicated === 0
      ? ['without keys nothing was booked twice either: this run proves nothing']
      : []),
  ]
}

/** The result as a table. */
export function partsTable(result: PartsResult): string {
  const rows: [string, string | number][] = [
    ...result.failures.map(({ what, gapMs, failedRequests }): [string, string] => [
      what,
      `${gapMs} ms without bookings, ${failedRequests} requests failed and were repeated`,
    ]),
    ['acknowledged', result.acknowledged],
    ['lost', result.lost],
    ['duplicated', result.duplicated],
    ['found by verify', `${result.verify.mismatches} mismatches, ${result.verify.overbooked} overbooked`],
    ['duplicated without keys (control)', result.controlDuplicated],
  ]
  return rows.map(([name, value]) => `${name.padEnd(40)}${value}\n`).join('')
}
