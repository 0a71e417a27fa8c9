import { createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as base } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { DirectoryImport, ImportClinic, ImportDoctor } from '../model/import.ts'
import { importIntoShards } from './import-into-shards.ts'
import { registerShard } from './register-shard.ts'

/** Two databases of an installation, without clinics. */
const test = base.extend('north', async ({ database }, { onCleanup }) => {
  const north = await createTestDatabase()
  onCleanup(() => north.drop())
  await registerShard(database.ownerPool, north.ownerPool, 'north')
  return north
})

const startsAt = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 240 * 3_600_000)
const endsAt = new Date(startsAt.getTime() + 900_000)

const aRow = (row: number, key: string, timezone = 'UTC'): ImportClinic => {
  return { row, key, name: `Clinic ${key}`, timezone, settings: {} }
}

const doctorOf = (row: number, key: string, clinic: string): ImportDoctor => {
  const texts = { name: `Dr. ${key}`, specialization: 'Cardiology', experienceYears: null, rating: null, fee: null }
  return { row, key, clinic, ...texts, languages: [], appointmentTypes: ['in_person'], videoRoom: null }
}

const four: DirectoryImport = {
  clinics: ['a', 'b', 'c', 'd'].map((key, row) => aRow(row, key)),
  doctors: ['a', 'b', 'c', 'd'].map((key, row) => doctorOf(row, `of ${key}`, key)),
  slots: ['a', 'b', 'c', 'd'].map((key, row) => ({ row, doctor: `of ${key}`, startsAt, endsAt, capacity: 1 })),
}

type Databases = { database: TestDatabase; north: TestDatabase }
type Options = Parameters<typeof importIntoShards>[2]

function run({ database, north }: Databases, input: Partial<DirectoryImport>, options: Options = { dryRun: false }) {
  const pools = new Map([
    [0, database.appPool],
    [1, north.appPool],
  ])
  const lists = { clinics: [], doctors: [], slots: [], ...input }
  return importIntoShards({ directoryUrl: database.ownerUrl, pools }, lists, options)
}

/** The clinics of a database, with their doctors and slots. */
async function rowsIn({ ownerPool }: TestDatabase) {
  const { rows } = await ownerPool.query<{ no: number; id: string; name: string; doctors: string[]; slots: number }>(`
    select no, id, name, array(select r.name from holdfast.resource r where r.clinic_no = c.no order by 1) as doctors,
          (select count(*) from holdfast.slot s where s.clinic_no = c.no)::integer as slots
     from holdfast.clinic c order by name`)
  return rows
}

const notesOf = async ({ ownerPool }: TestDatabase) =>
  (
    await ownerPool.query<{ no: number; place: number }>(`select clinic_no as no, shard_no as place
        from holdfast.clinic_shard order by clinic_no`)
  ).rows

test('new clinics are spread over databases, numbered by the directory, created once', async ({ database, north }) => {
  const counts = {
    clinics: { created: 4, existing: 0 },
    doctors: { created: 4, existing: 0 },
    slots: { created: 4, skipped: 0, differing: 0 },
  }
  expect(await run({ database, north }, four, { dryRun: true })).toMatchObject({ kind: 'imported', counts })
  expect([await rowsIn(database), await rowsIn(north), await notesOf(database)]).toEqual([[], [], []])
  const outcomes = await Promise.all([run({ database, north }, four), run({ database, north }, four)])
  expect(outcomes).toContainEqual(expect.objectContaining({ counts }))
  const [there, inNorth] = [await rowsIn(database), await rowsIn(north)]
  for (const rows of [there, inNorth]) {
    expect(rows).toHaveLength(2)
    for (const { name, doctors, slots } of rows) {
      expect({ doctors, slots }).toEqual({ doctors: [name.replace('Clinic', 'Dr. of')], slots: 1 })
    }
  }
  const noted = [...there.map(({ no }) => ({ no, place: 0 })), ...inNorth.map(({ no }) => ({ no, place: 1 }))]
  expect(await notesOf(database)).toEqual(noted.toSorted((one, other) => one.no - other.no))
  expect(await run({ database, north }, four)).toMatchObject({
    counts: { clinics: { created: 0, existing: 4 }, doctors: { created: 0, existing: 4 }, slots: { skipped: 4 } },
  })
})

test('doctors and slots come to the database of a clinic that is named by its id', async ({ database, north }) => {
  await run({ database, north }, four)
  const [clinic] = await rowsIn(north)
  const doctors = [doctorOf(2, 'new', clinic?.id ?? '')]
  const slots = [{ row: 2, doctor: 'new', startsAt, endsAt, capacity: 1 }]
  expect(await run({ database, north }, { doctors, slots })).toMatchObject({ counts: { doctors: { created: 1 } } })
  const { rows } = await north.ownerPool.query<{ id: string }>(`
    select id from holdfast.resource where name = 'Dr. new'`)
  const later = [{ row: 2, doctor: rows[0]?.id ?? '', startsAt: endsAt, endsAt: new Date(+endsAt + 1), capacity: 1 }]
  expect(await run({ database, north }, { slots: later })).toMatchObject({ counts: { slots: { created: 1 } } })
  expect((await rowsIn(north))[0]).toMatchObject({ slots: 3 })
})

test('a copy of a clinic that the directory does not note is left alone', async ({ database, north }) => {
  await run({ database, north }, { clinics: [aRow(2, 'a')] })
  const [clinic] = await rowsIn(database)
  await north.ownerPool.query(sql`insert into holdfast.clinic (no, id, name, timezone)
      values (${clinic?.no}, ${clinic?.id}, 'Clinic a', 'UTC')`)
  const doctors = [doctorOf(2, 'new', 'a')]
  expect(await run({ database, north }, { clinics: [aRow(2, 'a')], doctors })).toMatchObject({
    counts: { clinics: { created: 0, existing: 1 }, doctors: { created: 1 } },
  })
  expect((await rowsIn(database))[0]?.doctors).toEqual(['Dr. new'])
  expect((await rowsIn(north))[0]?.doctors).toEqual([])
})

test('a problem in one database prevents the import into all, and all are reported', async ({ database, north }) => {
  const wrong = { row: 9, startsAt: endsAt, endsAt: startsAt, capacity: 1 }
  const slots = ['a', 'b'].map((key) => ({ ...wrong, doctor: `of ${key}` }))
  const clinics = [...four.clinics, aRow(7, 'z', 'Mars/Olympus'), { ...aRow(8, 'y'), key: 'a' }]
  const outcome = await run({ database, north }, { ...four, clinics, slots })
  expect(outcome).toMatchObject({ kind: 'refused', problemCount: 4 })
  expect(outcome.kind === 'refused' && outcome.problems.map(({ list, row }) => `${list} ${row}`).sort()).toEqual([
    'clinics 7',
    'clinics 8',
    'slots 9',
    'slots 9',
  ])
  expect([await rowsIn(database), await rowsIn(north), await notesOf(database)]).toEqual([[], [], []])
})

test('an import that is interrupted between two databases says so, and continues', async ({ database, north }) => {
  let parts = 0
  const alsoWrite = async () => {
    parts += 1
    if (parts === 2) throw new Error('planted')
  }
  await expect(run({ database, north }, four, { dryRun: false, alsoWrite })).rejects.toThrow(
    'planted: only a part was imported. Run the same command again',
  )
  expect(await rowsIn(database)).toHaveLength(2)
  expect(await rowsIn(north)).toHaveLength(0)
  expect(await run({ database, north }, four)).toMatchObject({
    counts: { clinics: { created: 2, existing: 2 }, doctors: { created: 2 }, slots: { created: 2, skipped: 2 } },
  })
})

test('a drained database gets no imported clinics', async ({ database, north }) => {
  await database.ownerPool.query('update holdfast.shard set drained_at = now()')
  await run({ database, north }, four)
  expect(await rowsIn(database)).toHaveLength(4)
})
