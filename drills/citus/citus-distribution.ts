import { setTimeout as delay } from 'node:timers/promises'
import { createPool, ensureAppLogin, verify } from '@holdfast/engine'
import { type Distribution, distributeDatabase } from '@holdfast/engine/distribute-database'
import { tablesOfKind } from '@holdfast/engine/table-kinds'
import type { BuiltSlot } from '@holdfast/testkit'
import type pg from 'pg'
import { type AllRows, rowsOf, tablesThatDiffer } from './citus-rows.ts'
import { OpenShards } from './citus-shards.ts'
import { type ComparedReads, compareReads, readPlain } from './coordinator-reads.ts'
import { fillCoordinatorScene } from './coordinator-scene.ts'
import { clinicNosOfShards, fillForCitus } from './fill-for-citus.ts'

export type DistributionResult = {
  bookings: number
  rows: number
  ownRows: number
  /** Of the second call, which completed the one that was interrupted. */
  seconds: number
  /** Shards that were written when the first call was interrupted. */
  interruptedAfter: number
  /** Tables whose rows are not those of the full database, and not each where it belongs. */
  differing: string[]
  /** What `verify` found before and afterwards; `bookings`: whether it counted the same. */
  verify: { before: number; after: number; isSame: boolean }
  /** What the application reads over all clinics, before and afterwards. */
  reads: ComparedReads
  /** Own tables that were emptied in one shard in turn, and for how many of them that was found. */
  controls: { tried: number; found: number }
}

type Options = { url: string; coordinator: pg.Client; bookings: number; say: (line: string) => void }

const clinicsPerShard = 4
/** For the reads over all clinics; nothing is booked in them later. */
const readClinicsPerShard = 2
const slotsPerClinic = 5

/** Fills a database, distributes it with an interruption, and compares what was there with what is in the shards. */
export async function distributeFull(
  options: Options,
): Promise<{ shards: OpenShards; slots: BuiltSlot[]; before: AllRows; result: DistributionResult }> {
  const { url, coordinator, bookings, say } = options
  const pool = createPool({ url, max: 8, name: 'holdfast drill' })
  const clinicNos = await clinicNosOfShards(pool, clinicsPerShard)
  const bookingsPerSlot = Math.ceil(bookings / (clinicNos.length * slotsPerClinic))
  const slots = await fillForCitus(pool, { clinicNos, slotsPerClinic, bookingsPerSlot })
  const all = await clinicNosOfShards(pool, clinicsPerShard + readClinicsPerShard)
  const scene = await fillCoordinatorScene(
    pool,
    all.filter((no) => !clinicNos.includes(no)),
  )
  const appUrl = await ensureAppLogin({ ownerUrl: url })
  const readBefore = await readPlain(appUrl, scene)
  const before = await rowsOf(coordinator)
  const verifiedBefore = await verify(pool, { clinicNo: null, detailsMax: 1 })
  await pool.end()
  say(`${verifiedBefore.bookings} bookings in ${clinicNos.length} clinics`)
  const interrupted = await interruptedDistribution(url, coordinator)
  say(`interrupted after ${interrupted.shards} shards`)
  const startedAt = performance.now()
  const completed = await distributeDatabase(url)
  const seconds = (performance.now() - startedAt) / 1_000
  if (completed.distributed !== null) throw new Error('The first call had distributed nothing.')
  if (!completed.isFinished || completed.written.every(({ copiedRows }) => copiedRows === null)) {
    throw new Error('The second call had nothing to complete, or did not.')
  }
  say(`${completed.written.length} shards on ${completed.nodes} nodes`)
  const shards = new OpenShards(completed.written)
  for (const clinicNo of clinicNos) await shards.find(clinicNo, coordinator)
  const differing = await tablesThatDiffer(
    before,
    coordinator,
    shards.all().map(({ pool: shard }) => shard),
  )
  const verifiedAfter = await shards.verify()
  const result = {
    bookings: verifiedBefore.bookings,
    rows: interrupted.rows,
    ownRows: completed.written.reduce((sum, { copiedRows }) => sum + (copiedRows ?? 0), 0),
    seconds,
    interruptedAfter: interrupted.shards,
    differing,
    verify: {
      before: verifiedBefore.mismatches + verifiedBefore.overbooked,
      after: verifiedAfter.mismatches + verifiedAfter.overbooked,
      isSame:
        verifiedBefore.slots === verifiedAfter.slots &&
        verifiedBefore.bookings === verifiedAfter.bookings &&
        verifiedBefore.events === verifiedAfter.events,
    },
    reads: await compareReads({ appUrl, shards: completed.written, scene, expected: readBefore }),
    controls: await leaveOutOwnTables(before, coordinator, shards),
  }
  return { shards, slots, before, result }
}

/** Ends the session that writes a shard, when some are written. */
async function interruptedDistribution(url: string, coordinator: pg.Client): Promise<{ shards: number; rows: number }> {
  let outcome: Distribution | Error | null = null
  const run = distributeDatabase(url).then(
    (distribution) => {
      outcome = distribution
    },
    (error: Error) => {
      outcome = error
    },
  )
  const onNodes = async (statement: string) => {
    const { rows } = await coordinator.query<{ sum: number }>(
      'select sum(result::integer)::integer as sum from run_command_on_workers($1)',
      [statement],
    )
    return rows[0]?.sum ?? 0
  }
  const written = () => onNodes(`select count(*) from pg_namespace where nspname ~ '^holdfast_[0-9]+$'`)
  while (outcome === null) {
    if ((await written()) >= 2) {
      await onNodes(`select count(pg_terminate_backend(pid)) from pg_stat_activity
                      where datname = current_database() and application_name = 'holdfast shard'`)
    }
    await delay(20)
  }
  await run
  if (!((outcome as unknown) instanceof Error)) throw new Error('The distribution was not interrupted.')
  const counts = tablesOfKind('distributed').map((table) => `select count(*) from holdfast.${table}`)
  const { rows } = await coordinator.query<{ rows: string }>(
    `select sum(count) as rows from (${counts.join(' union all ')}) counted`,
  )
  return { shards: await written(), rows: Number(rows[0]?.rows) }
}

/** Negative control: an own table without rows in one shard must be found. */
async function leaveOutOwnTables(
  before: AllRows,
  coordinator: pg.Client,
  shards: OpenShards,
): Promise<DistributionResult['controls']> {
  const [first, ...others] = shards.all().map(({ pool }) => pool)
  if (first === undefined) throw new Error('There is no shard.')
  const client = await first.connect()
  let found = 0
  try {
    for (const table of tablesOfKind('own')) {
      await client.query('begin')
      await client.query(`delete from holdfast.${table}`)
      const differing = await tablesThatDiffer(before, coordinator, [client, ...others])
      found += differing.join() === table ? 1 : 0
      await client.query('rollback')
    }
  } finally {
    client.release()
  }
  return { tried: tablesOfKind('own').length, found }
}
