import { randomUUID } from 'node:crypto'
import { aDoctor, aSlot } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf, someEquipment, someStaff, soonAt, test } from '../../test/theatre.ts'
import { newId } from '../model/id.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

test('a case takes its room, people, patient and numbered equipment, and is held', async ({ database, scene }) => {
  const { theatre, clinic, room, surgeon, robot } = scene
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const anaesthetist = await someStaff(theatre, clinic, 'anaesthetist')
  await theatre.updateRoom(room, { turnoverMinutes: 20 })
  await theatre.updateEquipment(robot, { units: 3, reprocessingMinutes: 45 })
  const request = aCase(scene, {
    anaesthetistId: anaesthetist,
    staffIds: [nurse],
    equipment: [{ equipmentId: robot, units: 2 }],
  })
  const outcome = await theatre.claimCase(request)
  expect(outcome).toMatchObject({ kind: 'booked', position: expect.stringMatching(/^\d+$/) })
  const booked = caseOf(outcome)
  const [from, to] = [soonAt(9), soonAt(10)]
  expect(booked).toMatchObject({
    id: request.caseId,
    status: 'PENDING',
    holdExpiresAt: expect.any(Date),
    minutes: 60,
    turnoverMinutes: 20,
    endsAt: to,
    blockId: null,
    patient: request.patient,
    procedure: request.procedure,
  })
  expect(booked.allocations).toHaveLength(7)
  expect(booked.allocations).toEqual(
    expect.arrayContaining([
      { kind: 'room', resourceId: room, unit: 1, from, to: soonAt(10, 20) },
      { kind: 'surgeon', resourceId: surgeon.id, unit: 1, from, to },
      { kind: 'anaesthetist', resourceId: anaesthetist, unit: 1, from, to },
      { kind: 'staff', resourceId: nurse, unit: 1, from, to },
      { kind: 'equipment', resourceId: robot, unit: 1, from, to: soonAt(10, 45) },
      { kind: 'equipment', resourceId: robot, unit: 2, from, to: soonAt(10, 45) },
      { kind: 'patient', resourceId: booked.patientId, unit: 1, from, to },
    ]),
  )
  expect(await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).toMatchObject({
    mismatches: 0,
    overbooked: 0,
  })
})

test('a case is refused with whom of its team others have, in the role they would have', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, surgeon } = scene
  const [anaesthetistId, nurse] = [
    await someStaff(theatre, clinic, 'anaesthetist'),
    await someStaff(theatre, clinic, 'nurse'),
  ]
  const first = caseOf(await theatre.claimCase(aCase(scene, { anaesthetistId, staffIds: [nurse] })))
  const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  const refused = async (team: Partial<ClaimCaseRequest>) => {
    const outcome = await theatre.claimCase(aCase(other, { startsAt: soonAt(9, 30), ...team }))
    const conflicts = outcome.kind === 'refused' ? outcome.conflicts : []
    return conflicts.map((one) => (one.kind === 'resource_busy' ? [one.role, one.resourceId, one.caseId] : one.kind))
  }
  expect(await refused({ anaesthetistId })).toEqual([['anaesthetist', anaesthetistId, first.id]])
  expect(await refused({ anaesthetistId, staffIds: [nurse] })).toEqual([
    ['anaesthetist', anaesthetistId, first.id],
    ['staff', nurse, first.id],
  ])
  // A doctor who operates there, or is in the clinic.
  expect(await refused({ anaesthetistId: surgeon.id })).toEqual([['anaesthetist', surgeon.id, first.id]])
  const doctor = await aDoctor(database, clinic)
  await aSlot(database, doctor, { startsAt: soonAt(10, 15) })
  expect(await refused({ anaesthetistId: doctor.id })).toEqual([['anaesthetist', doctor.id, null]])
  expect(await refused({})).toEqual([])
})

test('a retry with the same key gets the same case; with another request, key_reused', async ({ scene }) => {
  const request = aCase(scene)
  const first = caseOf(await scene.theatre.claimCase(request))
  const again = await scene.theatre.claimCase({ ...request, caseId: newId(scene.clinic.no) })
  expect(again).toMatchObject({ kind: 'replayed', case: { id: first.id } })
  expect(await scene.theatre.claimCase({ ...request, requestHash: randomUUID() })).toEqual({ kind: 'key_reused' })
})

describe('everything that is in the way is reported at once', () => {
  test('room, surgeon, staff, patient and equipment', async ({ scene }) => {
    const { theatre, clinic, room, surgeon, robot } = scene
    const nurse = await someStaff(theatre, clinic, 'nurse')
    const equipment = [{ equipmentId: robot, units: 1 }]
    const first = aCase(scene, { staffIds: [nurse], equipment })
    await theatre.claimCase(first)
    const second = aCase(scene, { staffIds: [nurse], equipment, patient: first.patient, startsAt: soonAt(9, 30) })
    const outcome = await theatre.claimCase(second)
    const busy = { kind: 'resource_busy', from: soonAt(9), to: soonAt(10), caseId: first.caseId, slotId: null }
    expect(outcome).toMatchObject({
      kind: 'refused',
      conflicts: [
        { ...busy, role: 'room', resourceId: room, name: 'Room 1', unit: null, ofCaseId: second.caseId },
        { ...busy, role: 'surgeon', resourceId: surgeon.id, name: 'Dr Sato' },
        { ...busy, role: 'staff', resourceId: nurse },
        { ...busy, role: 'patient', name: null },
        { ...busy, role: 'equipment', resourceId: robot, unit: 1 },
      ],
    })
    expect(await theatre.case(second.caseId)).toBeNull()
    // After it, all of them are free.
    expect(await theatre.claimCase({ ...second, startsAt: soonAt(10) })).toMatchObject({ kind: 'booked' })
  })

  test("a surgeon's clinic slot; and a slot over a case is a conflict", async ({ database, scene }) => {
    const { theatre, engine, surgeon } = scene
    const slot = await aSlot(database, surgeon, { startsAt: soonAt(9, 45), minutes: 30 })
    expect(await theatre.claimCase(aCase(scene))).toMatchObject({
      kind: 'refused',
      conflicts: [{ kind: 'resource_busy', role: 'surgeon', slotId: slot.id, caseId: null, from: slot.startsAt }],
    })
    await theatre.claimCase(aCase(scene, { startsAt: soonAt(11) }))
    const drafts = [
      { startsAt: soonAt(11, 30), endsAt: soonAt(12, 30), capacity: 1 },
      { startsAt: soonAt(12), endsAt: soonAt(12, 30), capacity: 1 },
    ]
    expect(await engine.createSlots({ doctorId: surgeon.id, drafts, dryRun: false })).toMatchObject({
      items: [{ outcome: 'conflict', slotId: null }, { outcome: 'created' }],
    })
  })

  test('turnover of the room and reprocessing of equipment count', async ({ database, scene }) => {
    const { theatre, clinic, room, robot } = scene
    await theatre.updateRoom(room, { turnoverMinutes: 15 })
    await theatre.updateEquipment(robot, { reprocessingMinutes: 60 })
    const equipment = [{ equipmentId: robot, units: 1 }]
    await theatre.claimCase(aCase(scene, { equipment }))
    const other = { clinic, surgeon: await aDoctor(database, clinic), room: await aRoom(theatre, clinic) }
    const claim = (startsAt: Date) => theatre.checkCase(aCase({ ...scene, surgeon: other.surgeon }, { startsAt }))
    expect(await claim(soonAt(10, 14))).toMatchObject({ conflicts: [{ role: 'room' }] })
    expect(await claim(soonAt(10, 15))).toMatchObject({ conflicts: [] })
    // Its own turnover reaches into the first one too.
    expect(await claim(soonAt(7, 46))).toMatchObject({ conflicts: [{ role: 'room' }] })
    expect(await claim(soonAt(7, 45))).toMatchObject({ conflicts: [] })
    const withRobot = (startsAt: Date) => theatre.checkCase(aCase(other, { startsAt, equipment }))
    expect(await withRobot(soonAt(10, 59))).toMatchObject({ conflicts: [{ role: 'equipment' }] })
    expect(await withRobot(soonAt(11))).toMatchObject({ conflicts: [] })
  })
})

test('units of equipment are counted, and the free ones are taken', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  const pump = await someEquipment(theatre, clinic, { name: 'Pump', units: 3 })
  const claim = async (units: number) =>
    theatre.claimCase(
      aCase(
        { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) },
        { equipment: [{ equipmentId: pump, units }] },
      ),
    )
  expect(await claim(4)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'units_missing', units: 3 }] })
  const unitsOf = async (units: number) =>
    caseOf(await claim(units))
      .allocations.filter(({ kind }) => kind === 'equipment')
      .map(({ unit }) => unit)
  expect(await unitsOf(1)).toEqual([1])
  expect(await claim(3)).toMatchObject({ kind: 'refused', conflicts: [{ role: 'equipment', unit: 1 }] })
  expect(await unitsOf(2)).toEqual([2, 3])
  expect(await claim(1)).toMatchObject({ kind: 'refused', conflicts: [{ unit: 1 }, { unit: 2 }, { unit: 3 }] })
})

test('what is not there, inactive or named twice is reported with its place in the plan', async ({ scene }) => {
  const { theatre, clinic, room, robot } = scene
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const gone = await someStaff(theatre, clinic, 'technician')
  await theatre.updateStaff(gone, { active: false })
  const refusal = (overrides: object) => theatre.claimCase(aCase(scene, overrides))
  expect(await refusal({ surgeonId: nurse })).toMatchObject({ path: '/surgeonId', why: 'missing' })
  expect(await refusal({ roomId: robot })).toMatchObject({ path: '/roomId', why: 'missing' })
  const missing = newId(clinic.no)
  expect(await refusal({ roomId: missing })).toMatchObject({ path: '/roomId', resourceId: missing, why: 'missing' })
  expect(await refusal({ surgeonId: missing })).toMatchObject({ path: '/surgeonId', why: 'missing' })
  expect(await refusal({ staffIds: [nurse, missing] })).toMatchObject({ path: '/staffIds/1', why: 'missing' })
  expect(await refusal({ staffIds: [nurse, gone] })).toMatchObject({ path: '/staffIds/1', why: 'inactive' })
  expect(await refusal({ staffIds: [nurse, nurse] })).toMatchObject({ path: '/staffIds/1', why: 'repeated' })
  expect(await refusal({ equipment: [{ equipmentId: room, units: 1 }] })).toMatchObject({
    kind: 'resource_invalid',
    path: '/equipment/0/equipmentId',
    why: 'missing',
  })
})

test('a number with another name or birth date is refused, unless that is a correction', async ({ database }) => {
  const scene = await aTheatre(database)
  const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: '1970-05-01' }
  const first = caseOf(await scene.theatre.claimCase(aCase(scene, { patient })))
  const later = { startsAt: soonAt(12) }
  const wrong = aCase(scene, { ...later, patient: { ...patient, birthDate: '1977-05-01' } })
  expect(await scene.theatre.claimCase(wrong)).toMatchObject({ conflicts: [{ kind: 'patient_mismatch' }] })
  const mistyped = aCase(scene, { ...later, patient: { ...patient, name: 'Grace Hopper', birthDate: null } })
  expect(await scene.theatre.claimCase(mistyped)).toMatchObject({ conflicts: [{ kind: 'patient_mismatch' }] })
  const lower = { ...patient, name: 'ada okafor', birthDate: null }
  const second = caseOf(await scene.theatre.claimCase(aCase(scene, { ...later, patient: lower })))
  expect(second).toMatchObject({ patientId: first.patientId, patient })
  const corrected = { ...patient, name: 'Ada Okafor-Lind', birthDate: '1970-05-11' }
  const correcting = aCase(scene, { startsAt: soonAt(14), patient: { ...corrected, correct: true } })
  expect(caseOf(await scene.theatre.claimCase(correcting))).toMatchObject({
    patientId: first.patientId,
    patient: corrected,
  })
  expect((await scene.theatre.case(first.id))?.patient).toEqual(corrected)
  const { rows } = await database.ownerPool.query(sql`
    select subject_id as "patientId", details from holdfast.audit_event
     where clinic_no = ${scene.clinic.no} and kind = 'patient_changed'`)
  expect(rows).toEqual([{ patientId: first.patientId, details: ['name', 'birthDate'] }])
})

test.for([
  ['an account', undefined, 'account'],
  ['an account', 'account', 'account'],
  ['an API key', 'api_key', 'api_key'],
] as const)('a correction by %s (%s) is recorded as one of %s', async ([, sentBy, kind], { database, scene }) => {
  const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
  caseOf(await scene.theatre.claimCase(aCase(scene, { patient })))
  const actorId = randomUUID()
  const corrected = { ...patient, name: 'Ada Lind', correct: true, ...(sentBy && { sentBy }) }
  caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(12), patient: corrected, actorId })))
  const { rows } = await database.ownerPool.query(sql`
    select actor_kind, actor_id from holdfast.audit_event
     where clinic_no = ${scene.clinic.no} and kind = 'patient_changed'`)
  expect(rows).toEqual([{ actor_kind: kind, actor_id: actorId }])
})

test('a claim returns the case as it is read, of a new patient and of a known one', async ({ scene }) => {
  const { theatre, clinic, robot } = scene
  const equipment = [{ equipmentId: robot, units: 1 }]
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const patient = { mrn: 'M-77', name: 'Ada Okafor', birthDate: '1960-04-01' }
  const first = caseOf(await theatre.claimCase(aCase(scene, { equipment, staffIds: [nurse], patient })))
  expect(await theatre.case(first.id)).toEqual(first)
  const again = { patient: { ...patient, birthDate: null }, startsAt: soonAt(11), confirm: true }
  const second = caseOf(await theatre.claimCase(aCase(scene, again)))
  expect(second).toMatchObject({ patientId: first.patientId, patient, status: 'CONFIRMED' })
  expect(await theatre.case(second.id)).toEqual(second)
})

test('hours are a soft rule: an admin overrides them with a reason', async ({ database }) => {
  const scene = await aTheatre(database, { timezone: 'Europe/Berlin' })
  const { theatre, room } = scene
  const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '16:00' }))
  await theatre.updateRoom(room, { hours })
  const request = aCase(scene, { startsAt: soonAt(20) })
  expect(await theatre.claimCase(request)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'outside_hours' }] })
  const override = { rules: ['outside_hours' as const], reason: 'Transplant' }
  expect(await theatre.claimCase({ ...request, override })).toMatchObject({ kind: 'booked', case: { override } })
  // Physical rules are never overridden.
  expect(await theatre.claimCase(aCase(scene, { startsAt: soonAt(20), override }))).toMatchObject({
    kind: 'refused',
    conflicts: [{ role: 'room' }, { role: 'surgeon' }],
  })
})
