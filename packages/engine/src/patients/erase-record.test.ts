import { randomUUID } from 'node:crypto'
import { shiftSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aBlock, aCase, aTheatre, caseOf, someStaff, soonAt, test } from '../../test/theatre.ts'
import { clinicNoOf } from '../model/id.ts'
import type { Case } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const patient = { mrn: 'M-77', name: 'Ada Okafor', birthDate: '1970-05-01' }
const override = { rules: ['preferred_equipment' as const], reason: 'Ada Okafor prefers it' }

const tables = ['patient', 'theatre_case', 'case_request', 'booking', 'booking_event', 'late_event']

/** Moves a case in time, with its block or its day of open time. */
async function shiftCase(database: TestDatabase, { id, clinicNo }: { id: string; clinicNo: number }, minutes: number) {
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select slot_id as id from holdfast.booking
      where clinic_no = ${clinicNo} and id = ${id}`)
  await shiftSlot(database, { clinicNo, id: rows[0]?.id ?? '' }, minutes)
  await database.ownerPool.query(
    `update holdfast.theatre_case
        set starts_at = starts_at + make_interval(mins => $3), ends_at = ends_at + make_interval(mins => $3),
            expected_ends_at = expected_ends_at + make_interval(mins => $3)
      where clinic_no = $1 and booking_id = $2`,
    [clinicNo, id, minutes],
  )
}

test('a patient is erased from all cases, from requests and from the log, when all are over', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, announced } = scene
  const surgeonId = await someStaff(theatre, clinic, 'surgeon', { preferredEquipmentIds: [scene.robot] })
  const plan = { patient, surgeonId, override }
  const cancelled = caseOf(await theatre.claimCase(aCase(scene, plan)))
  await theatre.cancelCase({ caseId: cancelled.id, reasonCode: 'patient', actorId: null, key: null })
  const done = caseOf(await theatre.claimCase(aCase(scene, { ...plan, confirm: true })))
  const request = { ...cancelled, dueOn: null, roomId: null, note: 'Ada Okafor asks for mornings', createdBy: null }
  const created = await theatre.createCaseRequest(clinic.no, { ...request, patient, mayChangePatient: true }, null)
  const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  const erase = () => scene.engine.patients.erase({ clinicNo: clinic.no, of: { mrn: patient.mrn }, actorId: null })
  expect(await erase()).toEqual({ kind: 'in_use', bookingIds: [], caseIds: [done.id], requestIds: [requestId] })
  expect((await theatre.case(done.id))?.patient).toEqual(patient)

  // A change of an older case would do the same.
  await database.ownerPool.query(sql`insert into holdfast.late_event
        (clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units, case_details)
      select clinic_no, booking_id, version, xid, seq, at, type, slot_id, resource_id, units, case_details
        from holdfast.booking_event where booking_id = ${done.id}`)
  const tablesWith = async (text: string) => {
    const found: string[] = []
    for (const table of tables) {
      const { rowCount } = await database.ownerPool.query(
        `select from holdfast.${table} t where t.clinic_no = $1 and t::text ~ $2`,
        [clinic.no, text],
      )
      if (rowCount !== 0) found.push(table)
    }
    return found
  }
  expect(await tablesWith(override.reason)).toEqual(['theatre_case', 'booking_event', 'late_event'])

  await theatre.withdrawCaseRequest(requestId)
  for (const [milestone, at] of [['in_room', soonAt(9)] as const, ['out_of_room', soonAt(10)] as const]) {
    await theatre.recordMilestone({ caseId: done.id, milestone, at, isTrial: true, actorId: null, key: randomUUID() })
  }
  announced.length = 0
  expect(await erase()).toMatchObject({ kind: 'erased', bookings: 0, cases: 2, requests: 1 })
  expect(announced.flatMap(({ doctorIds }) => [...doctorIds].map(clinicNoOf))).toContain(clinic.no)
  expect(await theatre.case(done.id)).toMatchObject({ status: 'COMPLETED', patient: null })
  expect(await theatre.caseRequest(requestId)).toMatchObject({ patient: null, note: null })
  expect(await tablesWith('Okafor|M-77')).toEqual([])
  expect(await erase()).toEqual({ kind: 'patient_missing' })
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
  // The number belongs to a new patient now.
  const later = caseOf(await theatre.claimCase(aCase(scene, { patient, startsAt: soonAt(14) })))
  expect(later.patientId).not.toBe(done.patientId)
})

test('a patient in the room is not erased when the block, or the day of open time, has ended', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  await aBlock(theatre, scene.room, { startsAt: soonAt(9), endsAt: soonAt(11), capacity: 120 })
  const overrunning = { rules: ['block_overrun' as const], reason: 'The last of the day' }
  const late = [
    { startsAt: soonAt(22, 30), minutes: 180, slotEndsAt: soonAt(24), override: null },
    { startsAt: soonAt(10, 30), minutes: 90, slotEndsAt: soonAt(11), override: overrunning },
  ]
  for (const { slotEndsAt, ...times } of late) {
    const mrn = `M-${times.minutes}`
    const request = aCase(scene, { ...times, patient: { ...patient, mrn }, confirm: true })
    const { id } = caseOf(await theatre.claimCase(request))
    await theatre.recordMilestone({
      caseId: id,
      milestone: 'in_room',
      at: times.startsAt,
      isTrial: true,
      actorId: null,
      key: randomUUID(),
    })
    const erase = () => scene.engine.patients.erase({ clinicNo: clinic.no, of: { mrn }, actorId: null })
    const eraseCase = () => scene.engine.erasures.ofBooking({ bookingId: id, actorId: null, key: randomUUID() })
    const minutesAgo = (at: Date) => Math.floor((Date.now() - at.getTime()) / 60_000)
    await shiftCase(database, { id, clinicNo: clinic.no }, minutesAgo(slotEndsAt) - 10)
    expect(await erase()).toEqual({ kind: 'in_use', bookingIds: [], caseIds: [id], requestIds: [] })
    expect(await eraseCase()).toEqual({ kind: 'booking_not_over' })
    expect((await theatre.case(id))?.patient?.mrn).toBe(mrn)
    await shiftCase(database, { id, clinicNo: clinic.no }, -times.minutes)
    expect(await erase()).toMatchObject({ kind: 'erased', cases: 1 })
  }
})

test('retention erases the patient with the last case, not before', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  await database.ownerPool.query('update holdfast.clinic set patient_data_months = 1 where no = $1', [clinic.no])
  const drafts = [9, 12].map((hour) => ({ startsAt: soonAt(hour), endsAt: soonAt(hour + 2), capacity: 120 }))
  const owner = { service: null, surgeonId: null, releaseDays: null }
  const when = { drafts }
  await theatre.createBlocks({ ...owner, roomId: scene.room, when, dryRun: false, actorId: null })
  const booked: Case[] = []
  for (const hour of [9, 12]) {
    booked.push(caseOf(await theatre.claimCase(aCase(scene, { patient, startsAt: soonAt(hour), confirm: true }))))
  }
  const namesAfter = async (one: Case | undefined) => {
    await shiftCase(database, { id: one?.id ?? '', clinicNo: clinic.no }, -90 * 24 * 60)
    await database.appPool.query('select holdfast.erase_outdated($1, 1000)', [clinic.no])
    return Promise.all(booked.map(async ({ id }) => (await theatre.case(id))?.patient))
  }
  expect(await namesAfter(booked[0])).toEqual([patient, patient])
  expect(await namesAfter(booked[1])).toEqual([null, null])
})
