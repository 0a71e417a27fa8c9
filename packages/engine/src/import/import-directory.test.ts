import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSlot, holdLock, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { DirectoryImport, ImportClinic, ImportDoctor, ImportOutcome, ImportSlot } from '../model/import.ts'
import { importDirectory } from './import-directory.ts'

let database: TestDatabase

test.beforeEach(({ database: testDatabase }) => {
  database = testDatabase
})

const base = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 240 * 3_600_000
const at = (minute: number) => new Date(base + minute * 60_000)

function clinic(overrides: Partial<ImportClinic> = {}): ImportClinic {
  return {
    row: 2,
    key: 'c1',
    name: 'Posto A',
    timezone: 'America/Sao_Paulo',
    address: null,
    phone: null,
    settings: { holdSeconds: 60 },
    ...overrides,
  }
}

function doctor(overrides: Partial<ImportDoctor> = {}): ImportDoctor {
  return {
    row: 2,
    key: 'd1',
    clinic: 'c1',
    name: 'Ana',
    specialization: 'Cardiology',
    experienceYears: null,
    rating: null,
    languages: [],
    fee: null,
    appointmentTypes: ['in_person'],
    videoRoom: null,
    ...overrides,
  }
}

function slot(row: number, from: number, to: number, overrides: Partial<ImportSlot> = {}): ImportSlot {
  return { row, doctor: 'd1', startsAt: at(from), endsAt: at(to), capacity: 3, ...overrides }
}

function run(input: Partial<DirectoryImport>, dryRun = false): Promise<ImportOutcome> {
  return importDirectory(
    database.appPool,
    { clinics: [], doctors: [], slots: [], ...input },
    { dryRun },
    () => undefined,
  )
}

async function rowCounts() {
  const { rows } = await database.ownerPool.query<{ clinics: number; doctors: number; slots: number }>(`
    select (select count(*) from holdfast.clinic)::int as clinics,
     (select count(*) from holdfast.resource)::int as doctors,
           (select count(*) from holdfast.slot)::int as slots`)
  return rows[0]
}

const small: DirectoryImport = {
  clinics: [clinic(), clinic({ row: 3, key: 'c2', name: 'Posto B' })],
  doctors: [
    doctor(),
    doctor({ row: 3, key: 'd2', clinic: 'c2' }),
    doctor({ row: 4, key: null, specialization: ' Surgery' }),
  ],
  slots: [slot(2, 0, 15), slot(3, 15, 30), slot(4, 0, 60, { doctor: 'd2' })],
}

test('clinics, doctors and slots that refer to one another by key', async () => {
  const outcome = await run(small)
  expect(outcome).toEqual({
    kind: 'imported',
    counts: {
      clinics: { created: 2, existing: 0 },
      doctors: { created: 3, existing: 0 },
      slots: { created: 3, skipped: 0, differing: 0 },
    },
    position: expect.stringMatching(/^[1-9]\d*$/),
  })
  const { rows } = await database.appPool.query(`
    select c.name as clinic, c.hold_seconds, r.name as doctor, r.specialization, s.starts_at, s.capacity
     from holdfast.slot s join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
     join holdfast.clinic c on c.no = s.clinic_no order by c.name, s.starts_at`)
  const common = { hold_seconds: 60, doctor: 'Ana', specialization: 'Cardiology', capacity: 3 }
  expect(rows).toEqual([
    { ...common, clinic: 'Posto A', starts_at: at(0) },
    { ...common, clinic: 'Posto A', starts_at: at(15) },
    { ...common, clinic: 'Posto B', starts_at: at(0) },
  ])
})

test('a new doctor gets the video room; that of an existing doctor is not changed', async () => {
  const roomOf = async () => (await database.ownerPool.query('select video_room from holdfast.resource')).rows
  const videoRoom = 'https://meet.example.org/{room}'
  await run({ clinics: [clinic()], doctors: [doctor({ videoRoom })] })
  expect(await roomOf()).toEqual([{ video_room: videoRoom }])
  await run({ clinics: [clinic()], doctors: [doctor({ videoRoom: null })] })
  expect(await roomOf()).toEqual([{ video_room: videoRoom }])
})

test('the same import again changes nothing; with something new, only that is created', async () => {
  await run(small)
  const before = await rowCounts()
  expect(await run(small)).toEqual({
    kind: 'imported',
    counts: {
      clinics: { created: 0, existing: 2 },
      doctors: { created: 0, existing: 3 },
      slots: { created: 0, skipped: 3, differing: 0 },
    },
    position: null,
  })
  expect(await rowCounts()).toEqual(before)
  const more = {
    ...small,
    clinics: [clinic({ timezone: 'america/sao_paulo', address: 'elsewhere' }), small.clinics[1] ?? clinic()],
    slots: [...small.slots, slot(5, 30, 45)],
  }
  expect(await run(more)).toMatchObject({
    counts: {
      clinics: { created: 0, existing: 2 },
      doctors: { created: 0 },
      slots: { created: 1, skipped: 3, differing: 0 },
    },
  })
})

test('a dry run returns the same counts, and writes nothing', async () => {
  const dry = await run(small, true)
  expect(await rowCounts()).toEqual({ clinics: 0, doctors: 0, slots: 0 })
  const real = await run(small)
  expect(dry).toEqual({ ...real, position: null })
})

test('three at once create everything once', async () => {
  const outcomes = await Promise.all([run(small), run(small), run(small)])
  expect(outcomes.map((outcome) => outcome.kind === 'imported' && outcome.counts.clinics.created).sort()).toEqual([
    0, 0, 2,
  ])
  expect(await rowCounts()).toEqual({ clinics: 2, doctors: 3, slots: 3 })
})

test('by id: doctors for an existing clinic and slots for an existing doctor', async () => {
  const existing = await aClinic(database)
  const known = await aDoctor(database, existing)
  const outcome = await run({
    doctors: [doctor({ clinic: existing.id })],
    slots: [slot(2, 0, 15, { doctor: known.id }), slot(3, 0, 15)],
  })
  expect(outcome).toMatchObject({ kind: 'imported', counts: { doctors: { created: 1 }, slots: { created: 2 } } })
})

describe('one bad row prevents the import; each is reported with its row', () => {
  async function problems(input: Partial<DirectoryImport>): Promise<string[]> {
    const before = await rowCounts()
    const outcomes = [await run(input, true), await run(input)]
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(await rowCounts()).toEqual(before)
    const outcome = outcomes[0]
    if (outcome?.kind !== 'refused') throw new Error(`not refused but ${outcome?.kind}`)
    expect(outcome.problemCount).toBe(outcome.problems.length)
    return outcome.problems.map(({ list, row, message }) => `${list} ${row}: ${message}`)
  }

  test('zones, references and duplicates', async () => {
    expect(
      await problems({
        clinics: [
          clinic(),
          clinic({ row: 3, key: 'c2', timezone: 'Mars/Olympus' }),
          clinic({ row: 4, key: 'c4' }),
          clinic({ row: 5, name: 'Other' }),
        ],
        doctors: [
          doctor(),
          doctor({ row: 3, key: 'd2', clinic: 'c2' }),
          doctor({ row: 4, key: 'd3', clinic: 'c9' }),
          doctor({ row: 5, key: 'd4', specialization: 'Cardiology ' }),
          doctor({ row: 6, key: 'd5', name: 'Bea', clinic: newId(9) }),
        ],
        slots: [
          slot(2, 0, 15),
          slot(3, 0, 15, { doctor: 'd3' }),
          slot(4, 0, 15, { doctor: 'd9' }),
          slot(5, 0, 15, { doctor: newId(9) }),
        ],
      }),
    ).toEqual([
      'clinics 3: "Mars/Olympus" is not a time zone; an IANA name such as Europe/Berlin is expected.',
      'clinics 4: Row 2 already has a clinic "Posto A" in America/Sao_Paulo.',
      'clinics 5: Row 2 already has the key "c1".',
      'doctors 4: There is no clinic "c9", neither as a key of this import nor as an id.',
      'doctors 5: Row 2 already has a doctor "Ana" of this clinic and specialization.',
      expect.stringMatching(/^doctors 6: There is no clinic "[0-9a-f-]+", neither/),
      'slots 4: There is no doctor "d9", neither as a key of this import nor as an id.',
      expect.stringMatching(/^slots 5: There is no doctor "[0-9a-f-]+", neither/),
    ])
  })

  test('slots that overlap, are past, too far ahead or reversed', async () => {
    const existing = await aClinic(database)
    const known = await aDoctor(database, existing)
    const blocking = await aSlot(database, known, { startsAt: at(100), minutes: 15 })
    const past = new Date(Date.now() - 3_600_000)
    expect(
      await problems({
        slots: [
          slot(2, 0, 15, { doctor: known.id }),
          slot(3, 10, 25, { doctor: known.id }),
          slot(4, 90, 105, { doctor: known.id }),
          slot(5, 30, 30, { doctor: known.id }),
          slot(6, 0, 15, { doctor: known.id, startsAt: past, endsAt: new Date(past.getTime() + 60_000) }),
          slot(7, 800 * 24 * 60, 800 * 24 * 60 + 15, { doctor: known.id }),
        ],
      }),
    ).toEqual([
      `slots 5: It ends at ${at(30).toISOString()}, not after its start at ${at(30).toISOString()}.`,
      `slots 7: ${at(800 * 24 * 60).toISOString()} is more than 2 years ahead.`,
      `slots 3: ${at(10).toISOString()} to ${at(25).toISOString()} overlaps row 2.`,
      `slots 4: ${at(90).toISOString()} to ${at(105).toISOString()} overlaps the doctor's slot ${blocking.id}.`,
      `slots 6: ${past.toISOString()} is in the past.`,
    ])
  })

  test('a clinic whose name and zone two clinics have', async () => {
    for (let n = 0; n < 2; n += 1) await aClinic(database, { name: 'Posto A', timezone: 'UTC' })
    expect(await problems({ clinics: [clinic({ timezone: 'UTC' })] })).toEqual([
      'clinics 2: 2 clinics are named "Posto A" in UTC: leave it out, and refer to the one you mean by its id.',
    ])
  })

  test('a value that a constraint rejects, although the caller accepted it', async () => {
    expect(await problems({ clinics: [clinic({ row: 17, name: 'x'.repeat(201) })] })).toEqual([
      expect.stringMatching(/^clinics 17: The database refuses it: /),
    ])
    expect(await problems({ clinics: [clinic()], doctors: [doctor({ row: 9, rating: 9 })] })).toEqual([
      expect.stringMatching(/^doctors 9: The database refuses it: /),
    ])
  })

  test('a thousand problems are listed, all are counted', async () => {
    const slots = Array.from({ length: 1_500 }, (_, n) => slot(n + 2, 0, 15, { doctor: randomUUID() }))
    const outcome = await run({ slots })
    expect(outcome).toMatchObject({ kind: 'refused', problemCount: 1_500 })
    expect(outcome.kind === 'refused' && outcome.problems.length).toBe(1_000)
  })
})

test('25,000 slots of one doctor', async () => {
  const slots = Array.from({ length: 25_000 }, (_, n) => slot(n + 2, n * 15, n * 15 + 15))
  expect(await run({ clinics: [clinic()], doctors: [doctor()], slots })).toMatchObject({
    counts: { slots: { created: 25_000 } },
  })
  expect(await rowCounts()).toMatchObject({ slots: 25_000 })
})

test('doctors are locked in the order of their ids, as a case locks them', async () => {
  const one = await aClinic(database)
  const [low = '', high = ''] = [(await aDoctor(database, one)).id, (await aDoctor(database, one)).id].sort()
  const lock = 'select from holdfast.resource where id = $1 for no key update nowait'
  const held = await holdLock(database.ownerPool, lock, [high])
  const imported = run({ slots: [slot(2, 0, 15, { doctor: high }), slot(3, 0, 15, { doctor: low })] })
  await untilLockWaiters(database, 1)
  await expect(database.ownerPool.query(lock, [low])).rejects.toMatchObject({ code: '55P03' })
  await held.release()
  expect(await imported).toMatchObject({ kind: 'imported' })
})
