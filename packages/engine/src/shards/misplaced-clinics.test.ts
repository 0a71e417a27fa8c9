import { randomUUID } from 'node:crypto'
import { aClinic, aMember, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { placeClinic } from './clinic-shards.ts'
import { misplacedClinics } from './misplaced-clinics.ts'
import { registerShard } from './register-shard.ts'

const test = base.extend('north', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const shard = await createTestDatabase()
  onCleanup(() => shard.drop())
  const no = await registerShard(database.ownerPool, shard.ownerPool, 'north')
  return { no, shard }
})

type Scene = { database: TestDatabase; north: { no: number; shard: TestDatabase } }

const findings = ({ database, north }: Scene) =>
  misplacedClinics(
    database.ownerPool,
    new Map([
      [0, database.ownerPool],
      [north.no, north.shard.ownerPool],
    ]),
  )

/** A clinic in one of the two databases, of which the directory notes that, and with somebody who has a role. */
async function aPlacedClinic({ database, north }: Scene, shardNo: number) {
  const { clinicNo } = await placeClinic(database.appPool, null, shardNo)
  const builder = shardNo === 0 ? database : north.shard
  await builder.ownerPool.query("select setval('holdfast.clinic_no_seq', $1, false)", [clinicNo])
  const clinic = await aClinic(builder)
  await aMember(builder, clinic, { role: 'staff', accountId: randomUUID() })
  await registerShard(database.ownerPool, north.shard.ownerPool, 'north')
  return clinic.no
}

test('clinics that are where the directory says are no finding, nor a lone note', async ({ database, north }) => {
  const scene = { database, north }
  for (const shardNo of [0, north.no]) await aPlacedClinic(scene, shardNo)
  await placeClinic(database.appPool, null, north.no)
  expect(await findings(scene)).toEqual([])
})

test('a clinic that is noted elsewhere, in no database, or where it is not, is named', async ({ database, north }) => {
  const scene = { database, north }
  const [moved, unknown, lost] = [
    await aPlacedClinic(scene, north.no),
    await aPlacedClinic(scene, north.no),
    await aPlacedClinic(scene, north.no),
  ]
  const directory = database.ownerPool
  await directory.query('update holdfast.clinic_shard set shard_no = 0 where clinic_no = $1', [moved])
  await directory.query('delete from holdfast.clinic_shard where clinic_no = $1', [unknown])
  // A database that was restored to an earlier time is like this.
  await north.shard.ownerPool.query('delete from holdfast.membership where clinic_no = $1', [lost])
  await north.shard.ownerPool.query('delete from holdfast.message_settings where clinic_no = $1', [lost])
  await north.shard.ownerPool.query('delete from holdfast.clinic where no = $1', [lost])
  expect(await findings(scene)).toEqual([
    { clinicNo: moved, inShard: north.no, notedIn: 0, inBoth: false },
    { clinicNo: unknown, inShard: north.no, notedIn: null, inBoth: false },
    { clinicNo: lost, inShard: null, notedIn: north.no, inBoth: false },
  ])
  // A database that cannot be read is not blamed.
  const reachable = await misplacedClinics(directory, new Map([[0, directory]]))
  expect(reachable.map(({ clinicNo }) => clinicNo)).not.toContain(lost)
})
