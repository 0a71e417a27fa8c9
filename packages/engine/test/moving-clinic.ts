import { randomUUID } from 'node:crypto'
import { aClaim, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase, until } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createEngine } from '../src/create-engine.ts'
import { connectClient } from '../src/database/connect-client.ts'
import { chooseClinic } from '../src/move/choose-clinic.ts'
import { clinicTables } from '../src/move/clinic-tables.ts'
import { type MoveStep, moveClinic } from '../src/move/move-clinic.ts'
import { misplacedClinics } from '../src/shards/misplaced-clinics.ts'
import { registerShard } from '../src/shards/register-shard.ts'
import { registeredEnds } from '../src/shards/registered-shards.ts'
import { verify } from '../src/verify/verify.ts'
import { aVerifiedClinic } from './verify-scene.ts'

export const test = base.extend('north', { scope: 'file' }, async ({ database: _directory }, { onCleanup }) => {
  const north = await createTestDatabase()
  onCleanup(() => north.drop())
  return north
})

/** A clinic in the directory, with rows in all tables that verify reads, and a second one that stays. */
export async function aScene(directory: TestDatabase, north: TestDatabase) {
  const register = () => registerShard(directory.ownerPool, north.ownerPool, 'north')
  await register()
  const { clinic } = await aVerifiedClinic(directory)
  // Its own one, which nobody delivers to.
  await directory.ownerPool.query('delete from holdfast.log_receiver')
  const stays = await aDoctor(directory, await aClinic(directory))
  const slotThere = await aSlot(directory, stays, { capacity: 50 })
  const doctor = await aDoctor(directory, clinic)
  const slot = await aSlot(directory, doctor, { capacity: 50 })
  await register()
  const named = ({ ownerUrl: url }: TestDatabase, name: string) => ({ name, url })
  const databases = await registeredEnds(directory.ownerPool, named(directory, 'directory'), [named(north, 'north')])
  const common = {
    directory: named(directory, 'directory'),
    clinicNo: clinic.no,
    databases,
    dryRun: false,
    noticeMs: 0,
  }
  const engineOf = ({ appPool }: TestDatabase) => createEngine({ batchPool: appPool, generalPool: appPool })
  return {
    clinicNo: clinic.no,
    clinicId: clinic.id,
    databases,
    slot,
    slotElsewhere: slotThere,
    engines: { directory: engineOf(directory), north: engineOf(north) },
    bookElsewhere: () => engineOf(directory).claim(aClaim(slotThere)),
    move: (to: number, more: Partial<Parameters<typeof moveClinic>[0]> = {}) =>
      moveClinic({
        ...common,
        to,
        pauseMsMax: 60_000,
        signal: new AbortController().signal,
        ...more,
      }),
    choose: (to: number, more: Partial<Parameters<typeof chooseClinic>[0]> = {}) =>
      chooseClinic({ ...common, to, ...more }),
    /** The number of rows of the clinic in each table. */
    async rowsIn({ ownerUrl }: TestDatabase) {
      const client = await connectClient({ url: ownerUrl, name: 'holdfast test' })
      try {
        const counts: Record<string, number> = {}
        for (const table of await clinicTables(client)) {
          const { rows } = await client.query<{ count: string }>(
            `select count(*) from holdfast.${table.name} where ${table.of(clinic.no)}`,
          )
          counts[table.name] = Number(rows[0]?.count)
        }
        return counts
      } finally {
        await client.end()
      }
    },
    async place() {
      const { rows } = await directory.ownerPool.query<{ shard_no: number; moving_to: number | null }>(sql`
        select shard_no, moving_to from holdfast.clinic_shard where clinic_no = ${clinic.no}`)
      return rows[0]
    },
    async expectClean(inNorth: boolean) {
      for (const { ownerPool } of [directory, north]) {
        const { details } = await verify(ownerPool, { clinicNo: null, detailsMax: 10 })
        expect(details).toEqual([])
        const fences = `select tgrelid::regclass::text from pg_trigger where tgname like 'moving_clinic%'`
        expect((await ownerPool.query(fences)).rows).toEqual([])
      }
      const shards = new Map([
        [0, directory.ownerPool],
        [1, north.ownerPool],
      ])
      expect(await misplacedClinics(directory.ownerPool, shards)).toEqual([])
      expect(await this.place()).toEqual({ shard_no: inNorth ? 1 : 0, moving_to: null })
    },
  }
}

/** Ends the connections of the move to a database. */
export async function killConnections({ ownerPool }: TestDatabase): Promise<void> {
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = 'holdfast move-clinic' and datname = current_database()`
  await until(async () => (await ownerPool.query(kill)).rowCount === 0, 'the end of the connections')
}

/** Ends all connections of the move, as if its process were killed. */
export function killedAfter(wanted: MoveStep, databases: readonly TestDatabase[]) {
  return async (step: MoveStep) => {
    if (step !== wanted) return
    for (const database of databases) await killConnections(database)
    throw new Error(`killed after ${step} ${randomUUID()}`)
  }
}
