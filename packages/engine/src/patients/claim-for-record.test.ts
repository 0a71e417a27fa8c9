import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aPatientRecord,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { createEngine } from '../create-engine.ts'
import type { ClaimRequest } from '../model/claim.ts'
import type { PatientFields } from '../model/patient-record.ts'
import { runTimeClaimBatch } from '../sessions/claim-times.ts'
import { verify } from '../verify/verify.ts'

async function aScene(database: TestDatabase) {
  const pool = database.appPool
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const record = async (fields: Partial<PatientFields> = {}) => {
    const created = await engine.patients.create(clinic.no, aPatientRecord({ name: 'Ada', ...fields }), null)
    if (created.kind !== 'done') throw new Error(created.kind)
    return created.value.id
  }
  const findings = async () => (await verify(pool, { clinicNo: clinic.no, detailsMax: 9 })).details
  const erase = (patientId: string) =>
    engine.patients.erase({ clinicNo: clinic.no, of: { patientId }, actorId: randomUUID() })
  return { engine, patients: engine.patients, clinic, doctor, record, findings, erase }
}

const desk = () => ({ confirm: true, actorId: randomUUID(), accountId: null })

async function claim(database: TestDatabase, ...requests: ClaimRequest[]) {
  const results = await runClaimBatch(database.appPool, requests)
  return results.map((result) => (result.kind === 'completed' ? result.outcome : result))
}

async function linksOf({ ownerPool }: TestDatabase, patientId: string): Promise<string[]> {
  const statement = 'select booking_id as id from holdfast.booking_patient where patient_id = $1 order by booking_id'
  const { rows } = await ownerPool.query<{ id: string }>(statement, [patientId])
  return rows.map(({ id }) => id)
}

describe('a booking of the desk for a record', () => {
  test('has the contacts of the guardian who gets the messages', async ({ database }) => {
    const { engine, doctor, record } = await aScene(database)
    const guardian = { name: 'Bea', relation: 'parent', phone: '4711', email: null } as const
    const contacts = { phone: '1', email: 'ada@example.org' }
    const booked = async (getsMessages: boolean) => {
      const patientId = await record({ ...contacts, guardians: [{ ...guardian, getsMessages }] })
      const request = { ...aClaim(await aSlot(database, doctor)), ...desk(), patientId, patient: { name: '' } }
      expect(await claim(database, request)).toMatchObject([{ kind: 'booked' }])
      return (await engine.reads.booking(request.bookingId))?.patient
    }
    expect(await booked(true)).toEqual({ name: 'Ada', phone: '4711' })
    expect(await booked(false)).toEqual({ name: 'Ada', ...contacts })
  })

  test('is linked in the claim, once however often it is sent', async ({ database }) => {
    const { patients, doctor, record, findings } = await aScene(database)
    const ada = await record()
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const request = { ...aClaim(slot), ...desk(), patientId: ada }
    const other = { ...aClaim(slot), ...desk() }
    expect(await claim(database, request, other)).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
    expect(await patients.ofBooking(request.bookingId)).toMatchObject({ id: ada })
    expect(await patients.ofBooking(other.bookingId)).toBe(null)
    // A repetition leaves what the staff has said since.
    await patients.unlink(request.bookingId)
    expect(await claim(database, { ...request, bookingId: aClaim(slot).bookingId })).toMatchObject([
      { kind: 'replayed', booking: { id: request.bookingId } },
    ])
    expect(await claim(database, request)).toMatchObject([{ kind: 'booked', booking: { id: request.bookingId } }])
    expect(await linksOf(database, ada)).toEqual([])
    expect(await findings()).toEqual([])
  })

  test('has the record’s name and contacts if it names no patient, else what it names', async ({ database }) => {
    const { engine, doctor, record } = await aScene(database)
    const contacts = { email: 'ada@example.org', phone: '+44 20 7946 0000' }
    const [ada, bea] = [await record({ ...contacts, language: 'de-AT' }), await record({ name: 'Bea', language: 'tr' })]
    const slot = await aSlot(database, doctor, { capacity: 9 })
    const booked = async (patientId: string, patient: ClaimRequest['patient']) => {
      const request = { ...aClaim(slot), ...desk(), patientId, patient }
      expect(await claim(database, request)).toMatchObject([{ kind: 'booked' }])
      return (await engine.reads.booking(request.bookingId))?.patient
    }
    expect(await booked(ada, { name: '' })).toEqual({ name: 'Ada', ...contacts, language: 'de' })
    expect(await booked(bea, { name: '' })).toEqual({ name: 'Bea' })
    expect(await booked(ada, { name: 'A. Lovelace' })).toEqual({ name: 'A. Lovelace' })
  })

  test('is made in an open session, and in a full slot that gets a place', async ({ database }) => {
    const { engine, clinic, doctor, record, findings } = await aScene(database)
    const ada = await record({ phone: '4711' })
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const visit = { ...aTimeClaim(session, type, 0), ...desk(), patientId: ada, patient: { name: '' } }
    expect(await runTimeClaimBatch(database.appPool, [visit])).toMatchObject([{ outcome: { kind: 'booked' } }])
    const slot = await aSlot(database, doctor)
    await aBooking(database, slot)
    const added = { ...aClaim(slot), ...desk(), patientId: ada, patient: { name: '' }, addsPlaces: true }
    expect(await claim(database, added)).toMatchObject([{ kind: 'booked', added: { capacity: 2 } }])
    for (const { bookingId } of [visit, added]) {
      expect(await engine.reads.booking(bookingId)).toMatchObject({ patient: { name: 'Ada', phone: '4711' } })
    }
    expect(await linksOf(database, ada)).toEqual([visit.bookingId, added.bookingId].sort())
    expect(await findings()).toEqual([])
  })

  test('is refused for a record of another clinic, and an erased one; its repetition is not', async ({ database }) => {
    const scene = await aScene(database)
    const { clinic, doctor, record, findings } = scene
    const elsewhere = await (await aScene(database)).record()
    const gone = await record()
    const slot = await aSlot(database, doctor, { capacity: 9 })
    const first = { ...aClaim(slot), ...desk(), patientId: gone }
    expect(await claim(database, first)).toMatchObject([{ kind: 'booked' }])
    await scene.patients.unlink(first.bookingId)
    expect(await scene.erase(gone)).toMatchObject({ kind: 'erased', bookings: 0 })
    for (const patientId of [elsewhere, gone, clinic.id]) {
      const request = { ...aClaim(slot), ...desk(), patientId, patient: { name: '' } }
      expect(await claim(database, request)).toEqual([{ kind: 'record_missing' }])
      expect(await claim(database, { ...request, addsPlaces: true })).toEqual([{ kind: 'record_missing' }])
    }
    expect(await claim(database, { ...first, bookingId: aClaim(slot).bookingId })).toMatchObject([{ kind: 'replayed' }])
    const [session, type] = [await aSession(database, doctor), await aVisitType(database, clinic)]
    const visit = { ...aTimeClaim(session, type, 0), ...desk(), patientId: gone }
    expect(await runTimeClaimBatch(database.appPool, [visit])).toMatchObject([{ outcome: { kind: 'record_missing' } }])
    expect(await findings()).toEqual([])
  })
})

/** An erasure has locked the record, and waits before it commits; a booking for the record is sent meanwhile. */
async function whileErased(database: TestDatabase) {
  const { doctor, record, erase, engine } = await aScene(database)
  const ada = await record()
  const slot = await aSlot(database, doctor)
  const blocking = await holdLock(database.ownerPool, 'lock table holdfast.erasure in exclusive mode')
  const erasing = erase(ada)
  await untilLockWaiters(database, 1)
  const claiming = claim(database, { ...aClaim(slot), ...desk(), patientId: ada })
  const result = await Promise.race([claiming, untilLockWaiters(database, 2).then(() => 'waits' as const)])
  await blocking.release()
  const outcomes = [await erasing, ...(await claiming)]
  const left = { record: await engine.patients.record(ada), links: await linksOf(database, ada) }
  return { result, kinds: outcomes.map(({ kind }) => kind), left }
}

describe('a booking while its record is erased', () => {
  test('waits for nothing, is sent again, and is then refused', async ({ database }) => {
    expect(await whileErased(database)).toEqual({
      result: [{ kind: 'retry' }],
      kinds: ['erased', 'retry'],
      left: { record: null, links: [] },
    })
  })

  freshDatabaseTest('without the lock, an erased record gets a booking', async ({ database }) => {
    await plantFunction(database, 'lock_records', { part: 'for key share skip locked', becomes: '' })
    const { kinds, left } = await whileErased(database)
    // The reference waits for the erasure, and is then valid: the row is still there.
    expect(kinds).toEqual(['erased', 'booked'])
    expect(left).toEqual({ record: null, links: [expect.any(String)] })
  })
})

describe('a booking for a record that has another appointment at the same time', () => {
  const judged = { knownBy: 'clinic' as const }

  test('is refused for what is linked to it in another name, also to a merged record', async ({ database }) => {
    const { patients, clinic, doctor, record } = await aScene(database)
    const [ada, old] = [await record(), await record({ name: 'A. Byron' })]
    const slot = await aSlot(database, doctor, { capacity: 9, minutes: 30 })
    const startsAt = new Date(slot.startsAt.getTime() + 15 * 60_000)
    const second = await aSlot(database, await aDoctor(database, clinic), { startsAt, capacity: 9 })
    const other = await aBooking(database, slot, { patient: { name: 'A. Byron' } })
    const request = () => ({ ...aClaim(second), ...desk(), ...judged, patientId: ada })
    await patients.link(other.id, old, randomUUID())
    expect(await claim(database, request())).toMatchObject([{ kind: 'booked' }])
    await database.ownerPool.query('delete from holdfast.booking_patient where patient_id = $1', [ada])
    const merge = { keptId: ada, mergedId: old, version: 1, mergedVersion: 1, taken: [], actorId: randomUUID() }
    expect(await patients.merge(merge)).toMatchObject({ kind: 'done' })
    const refused = request()
    expect(await claim(database, refused)).toEqual([{ kind: 'patient_booked', otherId: other.id }])
    expect(await claim(database, { ...refused, knownBy: null })).toMatchObject([{ kind: 'booked' }])
    const later = await aSlot(database, doctor, { startsAt: new Date(slot.startsAt.getTime() + 30 * 60_000) })
    expect(await claim(database, { ...aClaim(later), ...desk(), ...judged, patientId: old })).toMatchObject([
      { kind: 'record_merged' },
    ])
  })

  test('two of one batch, in two names: the second is judged after the first', async ({ database }) => {
    const { clinic, doctor, record } = await aScene(database)
    const ada = await record()
    const slot = await aSlot(database, doctor)
    const second = await aSlot(database, await aDoctor(database, clinic), { startsAt: slot.startsAt })
    const [one, other] = [slot, second].map((of, index) => ({
      ...aClaim(of),
      ...desk(),
      ...judged,
      patientId: ada,
      patient: { name: index === 0 ? 'Ada' : 'Mrs Lovelace' },
    }))
    if (one === undefined || other === undefined) throw new Error('There are two.')
    expect(await claim(database, one, other)).toMatchObject([{ kind: 'booked' }, { kind: 'retry' }])
    expect(await claim(database, other)).toEqual([{ kind: 'patient_booked', otherId: one.bookingId }])
  })

  /** A booking for the record has been judged, and waits before it commits; another one is sent, in another name. */
  async function twoDesks(database: TestDatabase) {
    const { clinic, doctor, record } = await aScene(database)
    const ada = await record()
    const slot = await aSlot(database, doctor)
    const second = await aSlot(database, await aDoctor(database, clinic), { startsAt: slot.startsAt })
    const requestOf = (of: typeof slot, name: string) => ({
      ...aClaim(of),
      ...desk(),
      ...judged,
      patientId: ada,
      patient: { name },
    })
    const blocking = await holdLock(database.ownerPool, `select from holdfast.slot where id = '${slot.id}' for update`)
    const first = claim(database, requestOf(slot, 'Ada'))
    await untilLockWaiters(database, 1)
    const [kind] = (await claim(database, requestOf(second, 'Mrs Lovelace'))).map((one) => one.kind)
    await blocking.release()
    return [(await first)[0]?.kind, kind]
  }

  test('while another desk books for it, is sent again', async ({ database }) => {
    expect(await twoDesks(database)).toEqual(['booked', 'retry'])
  })

  freshDatabaseTest('negative control: without the lock of the record, both are booked', async ({ database }) => {
    await plantFunction(database, 'visits_at_once', {
      part: 'and pg_try_advisory_xact_lock(patient_lock(i.clinic_no, i.id::text))',
      becomes: '',
    })
    expect(await twoDesks(database)).toEqual(['booked', 'booked'])
  })
})
