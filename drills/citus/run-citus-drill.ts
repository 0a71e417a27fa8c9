import { dropFormerSchemas } from '@holdfast/engine/drop-former-schemas'
import { tablesOfKind } from '@holdfast/engine/table-kinds'
import { aClaim, aSlot, type BuiltSlot } from '@holdfast/testkit'
import pg from 'pg'
import sql from 'sql-template-tag'
import { type DistributionResult, distributeFull } from './citus-distribution.ts'
import { CitusLoad } from './citus-load.ts'
import { tablesThatDiffer } from './citus-rows.ts'
import type { OpenShards } from './citus-shards.ts'
import { compareJournal } from './compare-journal.ts'
import { foreignRowsTaken, writeForeignRows } from './foreign-rows.ts'
import { type MovedBack, moveBack } from './move-back.ts'
import { cleanUp, movePlacement } from './move-shards.ts'
import { type Split, splitShard } from './split-shard.ts'
import { migrateWithAccounts, tryAccounts } from './try-accounts.ts'
import { writtenShards } from './written-shards.ts'

export type CitusResult = {
  shards: number
  clinics: number
  distribution: DistributionResult
  /** Of each move of a shard to another node: how long Citus moved, and how long nothing was acknowledged in it. */
  moves: { shard: string; movedMs: number; gapMs: number }[]
  /** The same, of each shard that was split into two. */
  splits: Split[]
  bookingsPerSecond: number
  acknowledged: number
  lost: number
  duplicated: number
  /** What 200 clients at once booked of a slot's 50 places. */
  contention: { capacity: number; booked: number }
  /** Attempts that failed while a shard was moved, and were repeated with their keys. */
  repeated: number
  verify: { mismatches: number; overbooked: number }
  /** Own tables whose rows have not followed the shards. */
  ownRowsLost: string[]
  /** Of what patients wrote, after the moves. */
  columnsWithStatistics: number
  /** Rows of clinics of other shards, and how many of them are stored when the guard is left out. */
  foreignRows: { tried: number; refused: number; takenWithoutGuard: number }
  /** What accounts do otherwise than on a plain database. */
  accountsFailed: string[]
  movedBack: MovedBack
  /** Acknowledged bookings that are missing when the guard is left out: 0 means that this drill finds nothing. */
  controlLost: number
}

type Options = { url: string; bookings: number; clients: number; moves: number; say: (line: string) => void }

const claimsBetween = 2_000
const splitsOfRun = 2

/**
 * Distributes a full database on Citus, books in all shards, and moves shards to other nodes meanwhile. Compares what
 * was acknowledged with what is there, and then does the same without the guard.
 */
export async function runCitusDrill({ url, bookings, clients, moves, say }: Options): Promise<CitusResult> {
  const appUrl = await migrateWithAccounts(url)
  const coordinator = new pg.Client({ connectionString: url, application_name: 'holdfast drill' })
  await coordinator.connect()
  try {
    await refuseFullDatabase(coordinator)
    const { shards, slots, before, result: distribution } = await distributeFull({ url, coordinator, bookings, say })
    try {
      const arm = async (count: number, splitCount: number) => {
        const load = new CitusLoad({ shards, slots, clients })
        const startedAt = performance.now()
        const moved: CitusResult['moves'] = []
        for (let n = 0; n < count; n += 1) {
          await load.untilAcknowledged(claimsBetween)
          moved.push(await moveShard({ url, shards, load, n }))
          say(JSON.stringify(moved.at(-1)))
        }
        const splits: Split[] = []
        for (let n = 0; n < splitCount; n += 1) {
          await load.untilAcknowledged(claimsBetween)
          splits.push(await splitShard({ url, coordinator, shards, slots, load, n }))
          say(JSON.stringify(splits.at(-1)))
        }
        await load.untilAcknowledged(claimsBetween)
        await load.stop()
        return { load, moved, splits, seconds: (performance.now() - startedAt) / 1_000 }
      }
      const { load, moved, splits, seconds } = await arm(moves, splitsOfRun)
      const found = await compareJournal(shards, load.journal)
      const contention = await contend(shards, slots)
      const { mismatches, overbooked } = await shards.verify()
      const foreignRows = await writeForeignRows(shards, slots)
      const differing = await tablesThatDiffer(
        before,
        coordinator,
        shards.all().map(({ pool }) => pool),
      )
      const ownRowsLost = tablesOfKind('own').filter((table) => differing.includes(table))
      const columnsWithStatistics = await shards.columnsWithStatistics()
      const clinicNo = slots[0]?.clinicNo ?? 0
      const accountsFailed = await tryAccounts({ ownerUrl: url, appUrl, owner: coordinator }, clinicNo)
      const movedBack = await moveBack(url, shards)
      say(JSON.stringify(movedBack))
      await shards.dropGuards()
      const takenWithoutGuard = await foreignRowsTaken(shards, slots)
      say('without the guard')
      const control = await arm(Math.min(moves, 2), 0)
      return {
        shards: shards.all().length,
        clinics: new Set(slots.map(({ clinicNo }) => clinicNo)).size,
        distribution,
        moves: moved,
        splits,
        bookingsPerSecond: Math.round(load.journal.length / seconds),
        acknowledged: load.journal.length,
        ...found,
        contention,
        repeated: load.repeated,
        verify: { mismatches, overbooked },
        ownRowsLost,
        columnsWithStatistics,
        foreignRows: { ...foreignRows, takenWithoutGuard },
        accountsFailed,
        movedBack,
        controlLost: (await compareJournal(shards, control.load.journal)).lost,
      }
    } finally {
      await shards.end()
    }
  } finally {
    await coordinator.end()
  }
}

async function refuseFullDatabase(coordinator: pg.Client): Promise<void> {
  const { rows } = await coordinator.query(sql`select from holdfast.clinic limit 1`)
  if (rows.length > 0) throw new Error('CITUS_URL is an empty database: this one has clinics.')
}

async function contend(shards: OpenShards, slots: readonly BuiltSlot[]): Promise<CitusResult['contention']> {
  const [neighbour] = slots
  if (neighbour === undefined) throw new Error('There are no slots.')
  const { pool, engine } = shards.open(neighbour.clinicNo)
  const doctor = { id: neighbour.doctorId, clinicNo: neighbour.clinicNo, clinicId: '' }
  const capacityOfOne = 50
  const slot = await aSlot({ ownerPool: pool }, doctor, { capacity: capacityOfOne })
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => engine.claim(aClaim(slot))))
  return { capacity: capacityOfOne, booked: outcomes.filter(({ kind }) => kind === 'booked').length }
}

type Move = { url: string; shards: OpenShards; load: CitusLoad; n: number }

/** Moves a shard to the next node, writes it there, and lets the load go on in it. */
async function moveShard({ url, shards, load, n }: Move): Promise<CitusResult['moves'][number]> {
  const shard = shards.all()[n % shards.all().length]
  if (shard === undefined) throw new Error('There is no shard.')
  const startedAt = performance.now()
  const { movedMs } = await movePlacement(url, shard, 'force_logical')
  for (const written of await writtenShards(url, { only: [shard.schema] })) await shards.reopen(written)
  await dropFormerSchemas(url)
  await cleanUp(url)
  const { schema } = shard
  await load.untilAcknowledgedIn(schema)
  return { shard: schema, movedMs, gapMs: Math.round(load.gapMsIn([schema], startedAt)) }
}
