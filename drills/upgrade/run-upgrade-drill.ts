import { verify } from '@holdfast/engine'
import { expectedSlots } from '@holdfast/server/test/calendar-differences'
import { until } from '@holdfast/testkit'
import { type Ending, withEnding } from '../cluster/ending.ts'
import { holdfast, ownProgram, runHoldfast } from '../cluster/holdfast-process.ts'
import type { Site, SiteServer } from '../cluster/start-site.ts'
import { compareWithDatabase } from '../load/claim-load.ts'
import type { LiveCounts } from './live-watchers.ts'
import { runNginxScript } from './nginx-scripts.ts'
import type { Counted } from './upgrade-load.ts'
import { metricsToken, setUpUpgrade, type UpgradeStage, type UpgradeStageOptions } from './upgrade-stage.ts'

export type UpgradeOptions = UpgradeStageOptions & {
  /** At least so many requests are sent. */
  requests: number
  /** Only the upgrade: not back, and forward again. */
  isShort: boolean
  /** Negative control: servers are killed instead of stopped. */
  isControl: boolean
}

export type UpgradeResult = {
  from: string
  steps: ({ what: string } & Counted)[]
  requests: Counted
  /** The first ones. */
  failures: string[]
  acknowledged: number
  lost: number
  duplicated: number
  live: LiveCounts & { wrong: number }
  verify: { mismatches: number; overbooked: number }
}

/** Before the upgrade, after each migration, and after each server. */
const sharesOf = (isShort: boolean) => 3 + 2 * (isShort ? 1 : 3)

/**
 * Upgrades two servers behind nginx under load, as docs/operations/upgrade.md says, goes back, and forward again by a
 * canary. Every acknowledged booking is looked up in the end.
 */
export async function runUpgradeDrill(options: UpgradeOptions): Promise<UpgradeResult> {
  return withEnding(async (ending) => {
    const stage = await setUpUpgrade(options, ending)
    const { load, live, previous } = stage
    const { requests, isShort } = options
    const share = () => load.untilEnded(Math.ceil(requests / sharesOf(isShort)))
    const begin = (what: string) => {
      options.say(what)
      load.begin(what)
    }
    await share()
    begin('the database is migrated')
    await runHoldfast(['migrate'], stage.site.settings)
    await share()
    const replacing = { ...options, begin, share, ending }
    await replaceEach(stage, { ...replacing, what: 'upgrade', program: ownProgram })
    if (!isShort) {
      await replaceEach(stage, { ...replacing, what: 'way back', program: previous.program })
      await upgradeByCanary(stage, { ...replacing, what: 'canary', program: ownProgram })
    }
    begin('the database is contracted')
    await runHoldfast(['migrate', '--contract'], stage.site.settings)
    await share()
    const wrong = await countWrong(stage)
    const { mismatches, overbooked } = await verify(stage.pool, { clinicNo: null, detailsMax: 10 })
    const clinic = { no: stage.clinicNo }
    return {
      from: `${previous.from} (${previous.commit.slice(0, 8)})`,
      steps: load.steps,
      requests: load.total,
      failures: load.failures,
      ...(await compareWithDatabase(stage.pool, { clinic }, load.journal)),
      live: { ...live.counts, wrong },
      verify: { mismatches, overbooked },
    }
  })
}

type Replacing = Pick<UpgradeOptions, 'isControl' | 'directory'> & {
  what: string
  program: string
  begin(what: string): void
  share(): Promise<void>
  ending: Ending
}

/** One server after the other, and then the worker. */
async function replaceEach({ site }: UpgradeStage, replacing: Replacing): Promise<void> {
  const { what, begin, share } = replacing
  for (const [index, server] of site.servers.entries()) {
    begin(`${what}: server ${index + 1}`)
    await replace(server, replacing)
    await share()
  }
  await replaceWorker(site, replacing)
}

async function replaceWorker(site: Site, { directory, program, ending }: Replacing): Promise<void> {
  await site.worker.end()
  const worker = holdfast('worker', 'worker', directory, site.settings, program)
  await ending.add('to stop a worker', () => worker.end())
  site.worker = worker
}

/**
 * The second server gets no requests while it is replaced, then one of ten, and all if its metrics are as good as those
 * of the first. The first is replaced then. nginx reads its files again each time.
 */
async function upgradeByCanary({ site, load }: UpgradeStage, replacing: Replacing): Promise<void> {
  const [first, second] = site.servers
  if (first === undefined || second === undefined) throw new Error('The site has two servers.')
  const { what, begin, share } = replacing
  const [old, next] = [new URL(first.url).host, new URL(second.url).host]
  const run = (script: 'share' | 'canary', ...args: string[]) =>
    runNginxScript(site.nginx, script, args, { HOLDFAST_METRICS_TOKEN: metricsToken })
  load.mayRepeat = true
  begin(`${what}: server 2`)
  await run('share', next, '0')
  await replace(second, replacing)
  begin(`${what}: one of ten requests, and then all`)
  await run('canary', old, next, '--requests', '100')
  await share()
  begin(`${what}: server 1`)
  await replace(first, replacing)
  await run('share', next, 'equal')
  await share()
  await replaceWorker(site, replacing)
}

async function replace(server: SiteServer, { isControl, program }: Replacing): Promise<void> {
  await server.process.end(isControl ? 'SIGKILL' : 'SIGTERM')
  if (!isControl && server.process.exitCode() !== 0) throw new Error(`${server.process.name} did not stop well.`)
  await server.restart(program)
  await runHoldfast(['wait-ready', '--url', server.url], {})
}

/** Ends the load, and counts the watchers whose picture does not become that of the database. */
async function countWrong({ load, live, pool, doctors }: UpgradeStage): Promise<number> {
  await load.stop()
  const found = async () => {
    let wrong = 0
    for (const doctor of doctors) {
      const { all } = await expectedSlots({ ownerPool: pool }, doctor)
      wrong += live.countWrong(doctor.id, new Map(all.map(({ id, available }) => [id, available])))
    }
    return wrong
  }
  const areRight = async () => ((await found()) === 0 ? true : undefined)
  return (await until(areRight, 'live places as in the database', 30_000).catch(() => false)) ? 0 : found()
}
