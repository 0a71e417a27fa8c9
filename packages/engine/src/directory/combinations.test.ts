import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aCombination,
  aDoctor,
  aNewVisitType,
  aQuestion,
  aSession,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  type BuiltClinic,
  createTestDatabase,
  plantFunction,
  type TestDatabase,
  until,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { lengths, visitTypeLimits } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { checkedEngine } from '../../test/checked-engine.ts'
import type { Engine } from '../model/engine.ts'

let database: TestDatabase
let engine: Engine

checkedEngine((scene) => {
  ;({ database, engine } = scene)
})

const aPart = (clinic: BuiltClinic, overrides: VisitTypeOverrides = {}) =>
  aVisitType(database, clinic, { combinable: true, ...overrides })

/** The id of the combination, or why there is none. */
const combined = async (clinic: BuiltClinic, ...parts: { id: string }[]) => {
  const outcome = await engine.directory.combination(
    clinic.no,
    parts.map(({ id }) => id),
  )
  if (outcome.kind === 'done') return outcome.visitType.id
  return outcome.kind === 'visit_type_missing' ? outcome.kind : outcome.unsuitable
}
const read = (clinic: BuiltClinic, id: string) => engine.directory.visitType(clinic.no, id)
const same = { minutes: null, bufferBeforeMinutes: null, bufferAfterMinutes: null, fee: null }

describe('a combination of visit types', () => {
  test('is the sum of its parts, with the strictest of their rules', async () => {
    const clinic = await aClinic(database)
    const doctor = await aDoctor(database, clinic)
    const rooms = [await aVisitResource(database, clinic), await aVisitResource(database, clinic)]
    const device = await aVisitResource(database, clinic, { kind: 'device' })
    const questions = [aQuestion('text'), aQuestion('consent')]
    const check = await aPart(clinic, {
      name: 'Check-up',
      minutes: 30,
      bufferBeforeMinutes: 10,
      bufferAfterMinutes: 15,
      minimumNoticeMinutes: 60,
      rooms,
      questions: questions.slice(0, 1),
    })
    const shot = await aPart(clinic, {
      name: 'Vaccination',
      minutes: 10,
      bufferBeforeMinutes: 20,
      bufferAfterMinutes: 5,
      bookableBy: 'known_patients',
      bookingHorizonDays: 7,
      approval: 'holding',
      approvalMinutes: 120,
      rooms: rooms.slice(1),
      devices: [device],
      questions,
    })
    const fee = (amount: number) => ({ fee: { amount, currency: 'EUR' } })
    await engine.directory.updateVisitType(clinic.no, check.id, { ...fee(4_000), preparation: 'Come fasting.' })
    await engine.directory.updateVisitType(clinic.no, shot.id, { ...fee(500), names: { de: 'Impfung' } })
    const id = await combined(clinic, shot, check)
    expect(await read(clinic, id)).toMatchObject({
      name: 'Check-up + Vaccination',
      names: { de: 'Check-up + Impfung' },
      partIds: [check.id, shot.id].toSorted(),
      minutes: 40,
      bufferBeforeMinutes: 20,
      bufferAfterMinutes: 15,
      ...fee(4_500),
      preparation: 'Come fasting.',
      bookableBy: 'known_patients',
      bookingHorizonDays: 7,
      approval: 'holding',
      approvalMinutes: 120,
      active: true,
      combinable: false,
      needs: { room: true, roomIds: [rooms[1]?.id], deviceIds: [device.id] },
      questions: questions.map(({ id: questionId }) => ({ id: questionId })),
      doctors: [],
    })
    // The same again, in any order, and in no list.
    expect(await combined(clinic, check, shot)).toBe(id)
    expect((await engine.directory.visitTypes(clinic.no)).map((one) => one.id)).not.toContain(id)
    expect((await engine.directory.visitTypeNames(clinic.no)).get(id)).toBe('Check-up + Vaccination')
    // With a part whose fee is not known, the sum is not.
    const third = await aPart(clinic)
    expect(await read(clinic, await combined(clinic, check, third))).toMatchObject({ fee: null })
    const inDollars = { doctorId: doctor.id, ...same, fee: { amount: 700, currency: 'USD' } }
    await engine.directory.updateVisitType(clinic.no, shot.id, { doctors: [inDollars] })
    expect(await read(clinic, id)).toMatchObject({ fee: null, doctors: [{ doctorId: doctor.id, fee: null }] })
  })

  test('follows its parts and its clinic, and nobody edits it', async () => {
    const clinic = await aClinic(database, { settings: { bookingHorizonDays: 60 } })
    const [one, other] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
    const doctorsOfCheck = [{ id: one.id, minutes: 20 }, { id: other.id }]
    const check = await aPart(clinic, { minutes: 30, bookingHorizonDays: 90, doctors: doctorsOfCheck })
    const shot = await aPart(clinic, { minutes: 10 })
    const id = await combined(clinic, check, shot)
    const minutes = async () =>
      (await read(clinic, id))?.doctors.map((doctor) => [doctor.doctorId, doctor.minutes]).toSorted()
    const minutesOf = (...doctors: [string, number][]) => doctors.toSorted()
    expect(await minutes()).toEqual(minutesOf([one.id, 30], [other.id, 40]))
    expect(await read(clinic, id)).toMatchObject({ bookingHorizonDays: 60 })
    await engine.directory.updateClinic(clinic.id, { settings: { bookingHorizonDays: 75 } })
    expect(await read(clinic, id)).toMatchObject({ bookingHorizonDays: 75 })
    const change = { minutes: 15, doctors: [{ doctorId: one.id, ...same }] }
    await engine.directory.updateVisitType(clinic.no, shot.id, change)
    expect(await minutes()).toEqual(minutesOf([one.id, 35]))
    for (const [off, on] of [
      [{ capacity: 4 }, { capacity: 1 }],
      [{ active: false }, { active: true }],
      [{ combinable: false }, { combinable: true }],
    ]) {
      await engine.directory.updateVisitType(clinic.no, shot.id, off ?? {})
      expect(await read(clinic, id), JSON.stringify(off)).toMatchObject({ active: false })
      await engine.directory.updateVisitType(clinic.no, shot.id, on ?? {})
      expect(await read(clinic, id), JSON.stringify(on)).toMatchObject({ active: true })
    }
    expect(await engine.directory.updateVisitType(clinic.no, id, { minutes: 5 })).toEqual({
      kind: 'visit_type_missing',
    })
  })

  test('has the names and the preparation of all parts, however long', async () => {
    const clinic = await aClinic(database)
    await aDoctor(database, clinic)
    const parts: { id: string }[] = []
    for (let n = 0; n < visitTypeLimits.parts.max; n += 1) {
      const part = await aPart(clinic, { name: `${n}`.repeat(100) })
      const texts = { names: { ar: 'ن'.repeat(100) }, preparation: 'p'.repeat(2_000) }
      await engine.directory.updateVisitType(clinic.no, part.id, texts)
      parts.push(part)
    }
    const all = await read(clinic, await combined(clinic, ...parts))
    expect(all).toMatchObject({ name: [0, 1, 2, 3, 4].map((n) => `${n}`.repeat(100)).join(' + ') })
    expect([all?.names.ar?.length, all?.preparation?.length]).toEqual([512, 10_004])
  })

  test.for<[string, VisitTypeOverrides, VisitTypeOverrides]>([
    ['group', {}, { capacity: 2 }],
    ['minutes', { minutes: 1000 }, { minutes: 600 }],
    ['not_allowed', {}, { combinable: false }],
  ])('is refused: %s', async ([why, one, other]) => {
    const clinic = await aClinic(database)
    await aDoctor(database, clinic)
    expect(await combined(clinic, await aPart(clinic, one), await aPart(clinic, other))).toBe(why)
  })

  test('is refused for what does not suit all parts', async () => {
    const clinic = await aClinic(database)
    const [one, other] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
    const resources = (count: number, kind: 'room' | 'device') =>
      Promise.all(Array.from({ length: count }, () => aVisitResource(database, clinic, { kind })))
    const [rooms, devices] = [await resources(2, 'room'), await resources(6, 'device')]
    const refused = async (left: VisitTypeOverrides, right: VisitTypeOverrides) =>
      combined(clinic, await aPart(clinic, left), await aPart(clinic, right))
    expect(await refused({ doctors: [{ id: one.id }] }, { doctors: [{ id: other.id }] })).toBe('doctors')
    expect(await refused({ rooms: rooms.slice(0, 1) }, { rooms: rooms.slice(1) })).toBe('rooms')
    expect(await refused({ devices: devices.slice(0, 3) }, { devices: devices.slice(3) })).toBe('devices')
    const asks = () => ({ questions: Array.from({ length: 7 }, () => aQuestion('text')) })
    expect(await refused(asks(), asks())).toBe('questions')
    const video = await aPart(clinic)
    await engine.directory.updateVisitType(clinic.no, video.id, { appointmentTypes: ['video'] })
    expect(await combined(clinic, video, await aPart(clinic))).toBe('channels')
  })

  test('asks a question of two parts once, and requires it if one of them does', async () => {
    const clinic = await aClinic(database)
    await aDoctor(database, clinic)
    const consent = aQuestion('consent', { required: false })
    const one = await aPart(clinic, { name: 'A', questions: [consent] })
    const other = await aPart(clinic, { name: 'B', questions: [{ ...consent, required: true }] })
    const combination = await read(clinic, await combined(clinic, one, other))
    expect(combination?.questions).toMatchObject([{ id: consent.id, label: consent.label, required: true }])
  })

  test.for([
    ['another text', { label: 'I agree to B.' }],
    ['another text in one language', { labels: { de: 'Ich bin mit B einverstanden.' } }],
    ['another kind', { kind: 'text' }],
  ] as const)('is refused if two parts ask with one id: %s', async ([, differs]) => {
    const clinic = await aClinic(database)
    await aDoctor(database, clinic)
    const consent = aQuestion('consent', { required: false })
    const one = await aPart(clinic, { name: 'A', questions: [consent] })
    const other = await aPart(clinic, { name: 'B', questions: [{ ...consent, required: true, ...differs }] })
    expect(await combined(clinic, one, other)).toBe('questions')
  })

  test('is refused for longer questions than a visit type may have', async () => {
    const clinic = await aClinic(database)
    await aDoctor(database, clinic)
    const asks = (count: number, length: number) => ({
      questions: Array.from({ length: count }, () => aQuestion('consent', { label: 'x'.repeat(length) })),
    })
    const half = lengths.questions / 2
    expect(
      await combined(clinic, await aPart(clinic, asks(5, half / 6)), await aPart(clinic, asks(5, half / 6))),
    ).toMatch(/^[0-9a-f-]{36}$/)
    expect(await combined(clinic, await aPart(clinic, asks(6, half / 6)), await aPart(clinic, asks(6, half / 6)))).toBe(
      'questions',
    )
  })

  test('is refused for too few or too many parts, one twice, of another clinic, and of combinations', async () => {
    const clinic = await aClinic(database)
    await aDoctor(database, clinic)
    const parts = await Promise.all(Array.from({ length: 6 }, () => aPart(clinic)))
    const [one, other, third] = parts
    if (one === undefined || other === undefined || third === undefined) throw new Error('There are six.')
    const foreign = await aVisitType(database, await aClinic(database), { combinable: true })
    expect(await combined(clinic, one)).toBe('parts')
    expect(await combined(clinic, one, one, other)).toBe('parts')
    expect(await combined(clinic, ...parts)).toBe('parts')
    expect(await combined(clinic, one, foreign)).toBe('visit_type_missing')
    const both = { id: await combined(clinic, one, other) }
    expect(await combined(clinic, both, third)).toBe('visit_type_missing')
    expect(await engine.directory.combination(clinic.no, [one.id, 'no id'])).toEqual({ kind: 'visit_type_missing' })
  })

  test('is booked in a session that takes all parts, as one visit', async () => {
    const clinic = await aClinic(database)
    const doctor = await aDoctor(database, clinic)
    const [one, other] = [await aPart(clinic, { minutes: 30 }), await aPart(clinic, { minutes: 20 })]
    const both = { id: await combined(clinic, one, other) }
    const session = await aSession(database, doctor, { minutes: 120, visitTypeIds: [one.id] })
    const claim = () => engine.claimTime(aTimeClaim(session, both, 0, { confirm: true, actorId: randomUUID() }))
    const times = async () => {
      const of = { clinicNo: clinic.no, doctorId: null, visitTypeId: both.id, from: session.startsAt }
      const as = { byDesk: false, accountId: null, limit: 100 }
      return (await engine.sessions.times({ ...of, to: session.endsAt, ...as })).items.length
    }
    expect(await times()).toBe(0)
    expect(await claim()).toEqual({ kind: 'visit_type_not_offered' })
    await database.ownerPool.query(sql`
      update holdfast.open_session set visit_type_ids = ${[other.id, one.id]} where id = ${session.id}`)
    // Each ten minutes, up to 50 before the end.
    expect(await times()).toBe(8)
    expect(await claim()).toMatchObject({ kind: 'booked', booking: { status: 'CONFIRMED' } })
    expect(await engine.claimTime(aTimeClaim(session, one, 40))).toEqual({ kind: 'slot_full' })
    expect(await engine.claimTime(aTimeClaim(session, one, 50))).toMatchObject({ kind: 'booked' })
    // The visit keeps its time when a part becomes longer.
    await engine.directory.updateVisitType(clinic.no, one.id, { minutes: 60 })
    expect(await engine.claimTime(aTimeClaim(session, other, 80))).toMatchObject({ kind: 'booked' })
  })
})

test('only so many visit types of a clinic can be combined, however many ask at once', async () => {
  const clinic = await aClinic(database)
  await aDoctor(database, clinic)
  const create = (combinable: boolean) =>
    engine.directory.createVisitType(clinic.no, aNewVisitType({ combinable }), null)
  const { combinableMax } = visitTypeLimits
  const created = await Promise.all(Array.from({ length: combinableMax + 2 }, () => create(true)))
  expect(created.filter(({ kind }) => kind === 'done')).toHaveLength(combinableMax)
  expect(created.filter(({ kind }) => kind === 'too_many_combinable')).toHaveLength(2)
  const more = await create(false)
  if (more.kind !== 'done') throw new Error(more.kind)
  const change = (id: string, combinable: boolean) => engine.directory.updateVisitType(clinic.no, id, { combinable })
  expect(await change(more.visitType.id, true)).toEqual({ kind: 'too_many_combinable' })
  const [first] = created
  if (first?.kind !== 'done') throw new Error(`The first one: ${first?.kind}`)
  // It counts once.
  expect(await change(first.visitType.id, true)).toMatchObject({ kind: 'done' })
  await change(first.visitType.id, false)
  expect(await change(more.visitType.id, true)).toMatchObject({ kind: 'done' })
})

/** A combination is asked for while one of its parts is being changed; returns its minutes. */
async function combinedMeanwhile(its: TestDatabase): Promise<number | undefined> {
  const clinic = await aClinic(its)
  await aDoctor(its, clinic)
  const parts = [
    await aVisitType(its, clinic, { minutes: 10, combinable: true }),
    await aVisitType(its, clinic, { minutes: 10, combinable: true }),
  ]
  // As updateVisitType does.
  const change = await its.ownerPool.connect()
  await change.query('begin')
  const ofPart = [clinic.no, parts[0]?.id]
  await change.query('update holdfast.visit_type set minutes = 30 where clinic_no = $1 and id = $2', ofPart)
  await change.query('select holdfast.derive_combinations($1, array[$2::uuid])', ofPart)
  let isThere = false
  const combining = aCombination(its, clinic, parts).finally(() => {
    isThere = true
  })
  await until(async () => {
    const { rows } = await its.ownerPool.query<{ waits: boolean }>(`
      select count(*) > 0 as waits from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`)
    return isThere || rows[0]?.waits === true
  }, 'the combination, or a lock that it waits for')
  await change.query('commit')
  change.release()
  const { id } = await combining
  const { rows } = await its.ownerPool.query<{ minutes: number }>(
    'select minutes from holdfast.visit_type where clinic_no = $1 and id = $2',
    [clinic.no, id],
  )
  return rows[0]?.minutes
}

test('a combination that is written while a part changes has the change', async () => {
  expect(await combinedMeanwhile(database)).toBe(40)
})

test('negative control: without the lock of the parts, it would miss the change', async () => {
  const unguarded = await createTestDatabase()
  await plantFunction(unguarded, 'combine_visit_types', {
    part: /perform 1 from visit_type t.*?for share;/s,
    becomes: '',
  })
  expect(await combinedMeanwhile(unguarded)).toBe(20)
})
