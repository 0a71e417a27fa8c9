import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import type { Urgency } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { aCase, aTheatre, caseOf, someStaff, soonAt, test } from '../../test/theatre.ts'
import { aTransaction } from '../../test/theatre-transaction.ts'
import type { Theatre } from '../model/theatre.ts'
import type { MoveCaseRequest } from '../model/theatre-case.ts'

const day = soonAt(0).toISOString().slice(0, 10)
const override = { rules: ['person_away' as const], reason: 'She comes in for it' }

/** The surgeon, or the whole clinic, is closed until noon. */
async function anAbsence(database: TestDatabase, ofClinic = false) {
  const scene = await aTheatre(database)
  const { clinic, engine, surgeon } = scene
  const close = () =>
    engine.closures.create(
      {
        clinicNo: clinic.no,
        doctorId: ofClinic ? null : surgeon.id,
        localStart: `${day}T00:00`,
        localEnd: `${day}T12:00`,
        yearly: false,
        note: null,
        createdBy: randomUUID(),
      },
      null,
    )
  return { ...scene, close }
}

test('a doctor who is away is in no case, unless an admin gives a reason', async ({ database }) => {
  const scene = await anAbsence(database)
  const { theatre, surgeon, clinic, close } = scene
  await close()
  const other = await someStaff(theatre, clinic, 'surgeon')
  const refused = (role: string) => ({
    kind: 'refused',
    conflicts: [{ kind: 'person_away', role, name: 'Dr Sato', from: soonAt(0), to: soonAt(12) }],
  })
  expect(await theatre.claimCase(aCase(scene, { startsAt: soonAt(11, 30) }))).toMatchObject(refused('surgeon'))
  const assisting = { surgeonId: other, staffIds: [surgeon.id], urgency: 'expedited' as const }
  expect(await theatre.claimCase(aCase(scene, assisting))).toMatchObject(refused('staff'))
  expect(await theatre.claimCase(aCase(scene, { startsAt: soonAt(12) }))).toMatchObject({ kind: 'booked' })
  expect(caseOf(await theatre.claimCase(aCase(scene, { override })))).toMatchObject({ override })
})

test('a yearly absence, entered in an earlier year, refuses a case as well', async ({ database }) => {
  const { engine, theatre, ...scene } = await anAbsence(database)
  const [lastYear, dayAfter] = [Temporal.PlainDate.from(day).subtract({ years: 1 }), soonAt(24)]
  const [localStart, localEnd] = [lastYear, lastYear.add({ days: 1 })].map((date) => `${date}T00:00`)
  const of = { clinicNo: scene.clinic.no, doctorId: scene.surgeon.id, createdBy: randomUUID(), note: null }
  const yearly = { localStart: localStart ?? '', localEnd: localEnd ?? '', yearly: true }
  expect(await engine.closures.create({ ...of, ...yearly }, null)).toMatchObject({ kind: 'done' })
  const refused = { kind: 'refused', conflicts: [{ kind: 'person_away', from: soonAt(0), to: dayAfter }] }
  expect(await theatre.claimCase(aCase(scene, { startsAt: soonAt(23, 30) }))).toMatchObject(refused)
  expect(await theatre.claimCase(aCase(scene, { startsAt: dayAfter }))).toMatchObject({ kind: 'booked' })
})

test('an absence refuses no emergency, for which the doctor comes in', async ({ database }) => {
  const scene = await anAbsence(database)
  await scene.close()
  for (const [urgency, at] of [
    ['urgent', 8],
    ['immediate', 9],
  ] as const) {
    const claim = aCase(scene, { urgency, startsAt: soonAt(at) })
    expect(await scene.theatre.checkCase(claim)).toMatchObject({ conflicts: [] })
    expect(caseOf(await scene.theatre.claimCase(claim))).toMatchObject({ override: null })
  }
})

test('an absence refuses no case that is over, but one that is still to end', async ({ database }) => {
  const { theatre, clinic, engine, surgeon, ...scene } = await anAbsence(database)
  const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  await engine.closures.create(
    {
      clinicNo: clinic.no,
      doctorId: surgeon.id,
      localStart: `${dayFromNow(-3)}T00:00`,
      localEnd: `${dayFromNow(2)}T00:00`,
      yearly: false,
      note: null,
      createdBy: randomUUID(),
    },
    null,
  )
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 7_200_000)
  const at = (minutes: number) => theatre.claimCase(aCase({ ...scene, clinic, surgeon }, { startsAt, minutes }))
  expect(await at(180)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'person_away' }] })
  expect(await at(60)).toMatchObject({ kind: 'booked', case: { override: null } })
})

test('a case that was booked before is judged only when its time changes or the doctor comes', async ({ database }) => {
  const scene = await anAbsence(database)
  const { theatre, surgeon, clinic, close } = scene
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const other = await someStaff(theatre, clinic, 'surgeon')
  const { id } = caseOf(await theatre.claimCase(aCase(scene)))
  await close()
  const move = (change: MoveCaseRequest['change']) =>
    theatre.moveCase({ caseId: id, change, override: null, actorId: null, key: null })
  expect(await move({ staffIds: [nurse], minutes: 50 })).toMatchObject({ kind: 'done' })
  for (const change of [{ minutes: 60 }, { startsAt: soonAt(8) }]) {
    expect(await move(change)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'person_away' }] })
  }
  expect(await move({ surgeonId: other })).toMatchObject({ kind: 'done' })
  expect(await move({ surgeonId: surgeon.id })).toMatchObject({ conflicts: [{ kind: 'person_away' }] })
})

/** A search on the day for times of a case, without its urgency and how many there are to be. */
function searchOf(scene: Parameters<typeof aCase>[0]) {
  const { minutes, service, surgeonId, equipment } = aCase(scene)
  const needs = { minutes, service, surgeonId, equipment, anaesthetistId: null, staffIds: [] }
  const where = { clinicNo: scene.clinic.no, roomIds: null, blockId: null, mrn: null, exceptCaseId: null }
  return { ...needs, ...where, from: day, to: day, stepMinutes: 5 }
}

test('times are suggested from the end of the absence, and of an emergency also in it, marked', async ({
  database,
}) => {
  const { theatre, close, ...scene } = await anAbsence(database)
  await close()
  const suggest = (urgency: Urgency) => theatre.suggest({ ...searchOf(scene), limit: 2, urgency })
  const behind = { startsAt: soonAt(12), waivedRules: [] }
  expect(await suggest('elective')).toMatchObject({ suggestions: [behind, { startsAt: soonAt(13) }] })
  for (const one of ['urgent', 'immediate'] as const) {
    const away = { startsAt: soonAt(0), waivedRules: ['person_away'] }
    expect(await suggest(one)).toMatchObject({ suggestions: [away, behind] })
  }
  expect(await theatre.claimCase(aCase(scene, { urgency: 'urgent', startsAt: soonAt(0) }))).toMatchObject({
    kind: 'booked',
  })
})

test('the preview of an absence counts the cases in which the doctor is, and names the first ones', async ({
  database,
}) => {
  const scene = await anAbsence(database)
  const { clinic, engine, theatre, surgeon } = scene
  const other = await someStaff(theatre, clinic, 'surgeon')
  const later = aCase(scene, { surgeonId: other, staffIds: [surgeon.id], startsAt: soonAt(11) })
  const own = aCase(scene)
  for (const claim of [later, own, aCase(scene, { startsAt: soonAt(12) })]) await theatre.claimCase(claim)
  const time = { localStart: `${day}T00:00`, localEnd: `${day}T12:00`, yearly: false }
  const effectOf = async (doctorId: string | null) =>
    (await engine.closures.effect({ clinicNo: clinic.no, doctorId, time, limit: 10, cursor: null })).counts
  const room = (await theatre.rooms(clinic.no)).find(({ id }) => id === scene.room)?.name
  expect(await effectOf(surgeon.id)).toMatchObject({
    slots: 0,
    cases: 2,
    firstCases: [
      { caseId: own.caseId, startsAt: soonAt(9), endsAt: soonAt(10), room },
      { caseId: later.caseId, startsAt: soonAt(11), endsAt: soonAt(12), room },
    ],
  })
  expect(await effectOf(null)).toMatchObject({ cases: 0, firstCases: [] })
  const during = { clinicNo: clinic.no, doctorId: surgeon.id, from: soonAt(9, 30), to: soonAt(11) }
  expect(await engine.closures.casesOf(during)).toMatchObject({ cases: 1, firstCases: [{ caseId: own.caseId }] })
})

test('the preview of an absence counts no case that has begun', async ({ scene }) => {
  const { clinic, engine, theatre, surgeon } = scene
  const minute = Math.floor(Date.now() / 60_000) * 60_000
  for (const [minutes, length] of [
    [-180, 60],
    [-60, 120],
    [90, 60],
  ] as const) {
    const startsAt = new Date(minute + minutes * 60_000)
    caseOf(await theatre.claimCase(aCase(scene, { startsAt, minutes: length, confirm: true })))
  }
  const dayFromNow = (days: number) => new Date(minute + days * 86_400_000).toISOString().slice(0, 10)
  const time = { localStart: `${dayFromNow(-2)}T00:00`, localEnd: `${dayFromNow(2)}T00:00`, yearly: false }
  const query = { clinicNo: clinic.no, doctorId: surgeon.id, time, limit: 10, cursor: null }
  expect((await engine.closures.effect(query)).counts).toMatchObject({ cases: 1 })
})

test('in a closure of the clinic, its operating rooms stay open', async ({ database }) => {
  const { theatre, close, ...scene } = await anAbsence(database, true)
  await close()
  expect(await theatre.claimCase(aCase(scene))).toMatchObject({ kind: 'booked' })
})

/** A theatre whose surgeon, and another doctor, had and will have 200 closures each. */
async function manyClosures(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { clinic, surgeon } = scene
  const other = await aDoctor(database, clinic)
  await database.ownerPool.query(
    `insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, created_by, applied_at)
     select $1, holdfast.new_id($1, now()), d.id, t.at, t.at + interval '1 day', gen_random_uuid(), now()
       from generate_series(10, 209) n(days)
      cross join unnest(array[-1, 1]) s(sign)
      cross join unnest($2::uuid[]) d(id)
      cross join lateral (select now() at time zone 'UTC' + make_interval(days => s.sign * n.days) as at) t`,
    [clinic.no, [surgeon.id, other.id]],
  )
  await database.ownerPool.query('analyze holdfast.closure')
  return scene
}

/** How many closures something reads. */
async function closuresReadBy(database: TestDatabase, read: (theatre: Theatre) => Promise<unknown>): Promise<number> {
  const { client, theatre, commit } = await aTransaction(database)
  const readSoFar = async () => {
    const { rows } = await client.query<{ read: number }>(
      `select (seq_tup_read + idx_tup_fetch)::integer as read from pg_stat_xact_user_tables where relname = 'closure'`,
    )
    return rows[0]?.read ?? Number.NaN
  }
  // What its connection has read before is counted for a while, too.
  const before = await readSoFar()
  await read(theatre)
  const after = await readSoFar()
  await commit()
  return after - before
}

async function readByCheck(database: TestDatabase): Promise<number> {
  const scene = await manyClosures(database)
  return closuresReadBy(database, async (theatre) =>
    expect(await theatre.checkCase(aCase(scene))).toMatchObject({ conflicts: [] }),
  )
}

freshDatabaseTest(
  'a search for times reads the closures once for each doctor, and not for others',
  async ({ database }) => {
    const scene = await manyClosures(database)
    const { theatre, clinic } = scene
    const nurses = await Promise.all(Array.from({ length: 6 }, () => someStaff(theatre, clinic, 'nurse')))
    const search = (staffIds: string[]) =>
      closuresReadBy(database, (its) => its.suggest({ ...searchOf(scene), staffIds, urgency: 'elective', limit: 2 }))
    const alone = await search([])
    expect(alone).toBeGreaterThan(0)
    expect(await search(nurses)).toBe(alone)
  },
)

freshDatabaseTest('a check reads only the closures that are to come of its doctors', async ({ database }) => {
  expect(await readByCheck(database)).toBeLessThanOrEqual(200)
})

freshDatabaseTest(
  'negative control: without the bound of their ends, also those that are over',
  async ({ database }) => {
    await plantFunction(database, 'case_conflicts', {
      part: "and k.ends_at > v_starts_at at time zone 'UTC' - interval '1 day'",
      becomes: '',
    })
    expect(await readByCheck(database)).toBeGreaterThan(200)
  },
)

freshDatabaseTest('negative control: without the rule, a doctor who is away is booked', async ({ database }) => {
  await plantFunction(database, 'case_conflicts', {
    part: 't.resource_id = n.resource_id);',
    becomes: 't.resource_id = n.resource_id and false);',
  })
  const { theatre, close, ...scene } = await anAbsence(database)
  await close()
  expect(await theatre.claimCase(aCase(scene))).toMatchObject({ kind: 'booked' })
})
