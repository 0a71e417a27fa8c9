import { newId } from '@holdfast/engine'
import { aSlot, lapseHolds } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { aTheatre, test, theatreDay, theatreTime } from '../../../test/theatre-scene.ts'

describe('a new case', () => {
  test('holds its room, team, equipment and patient for two minutes', async ({ rest, theatre }) => {
    const { clinic, staff, roomTwo, surgeon, anaesthetist, otherSurgeon, robot } = theatre
    const equipment = [{ equipmentId: robot.id, units: 2 }]
    const created = await theatre.book({
      roomId: roomTwo.id,
      anaesthetistId: anaesthetist.id,
      staffIds: [otherSurgeon.id],
      equipment,
      patient: { mrn: ' A-1 ', name: 'Ada Lovelace', birthDate: '1915-12-10' },
    })
    expect(created.status).toBe(201)
    expect(created.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
    const { body } = created
    expect(body).toMatchObject({
      clinicId: clinic.id,
      status: 'PENDING',
      startsAt: theatreTime('08:00'),
      endsAt: theatreTime('09:00'),
      minutes: 60,
      turnoverMinutes: 30,
      equipment,
      urgency: 'elective',
      patient: { mrn: 'A-1', name: 'Ada Lovelace', birthDate: '1915-12-10' },
      blockId: null,
      override: null,
      milestones: [],
      bumped: [],
    })
    expect(Date.parse(body.holdExpiresAt ?? '')).toBeGreaterThan(Date.now())
    const taken = body.allocations.map(({ kind, resourceId, unit, to }) => [kind, resourceId, unit, to])
    const [end, clean] = [theatreTime('09:00'), theatreTime('09:30')]
    expect(taken).toHaveLength(7)
    expect(taken).toEqual(
      expect.arrayContaining([
        ['room', roomTwo.id, 1, clean],
        ['surgeon', surgeon.id, 1, end],
        ['anaesthetist', anaesthetist.id, 1, end],
        ['staff', otherSurgeon.id, 1, end],
        ['equipment', robot.id, 1, end],
        ['equipment', robot.id, 2, end],
      ]),
    )
    const { bumped, ...found } = body
    expect((await rest.call('getCase', { path: { caseId: body.id }, as: staff })).body).toEqual(found)
  })

  test('that conflicts is refused with all in the way, and without patients’ names', async ({ theatre }) => {
    const { roomOne, roomTwo, surgeon, otherSurgeon, robot } = theatre
    const patient = { mrn: 'M-1', name: 'Grace Hopper' }
    const equipment = [{ equipmentId: robot.id, units: 2 }]
    const first = await theatre.book({ equipment, patient, confirm: true })
    const refused = await theatre.book({ equipment, patient, startsAt: theatreTime('08:30') })
    expect(refused.problem).toMatchObject({ status: 409, code: 'resource_busy' })
    const conflicts = refused.problem.conflicts ?? []
    const found = conflicts.map(({ kind, resourceId, name, unit }) => ({ kind, resourceId, name, unit }))
    expect(found).toEqual([
      { kind: 'room', resourceId: roomOne.id, name: 'OR 1', unit: null },
      { kind: 'surgeon', resourceId: surgeon.id, name: 'Dr Surgeon', unit: null },
      { kind: 'patient', resourceId: expect.any(String), name: null, unit: null },
      { kind: 'equipment', resourceId: robot.id, name: 'Robot', unit: 1 },
      { kind: 'equipment', resourceId: robot.id, name: 'Robot', unit: 2 },
    ])
    for (const conflict of conflicts) {
      const times = { from: theatreTime('08:00'), to: theatreTime('09:00') }
      expect(conflict).toMatchObject({ code: 'resource_busy', isSoft: false, caseId: first.body.id, ...times })
    }
    expect(JSON.stringify(refused.problem)).not.toMatch(/Hopper|M-1/)
    const elsewhere = await theatre.book({ roomId: roomTwo.id, surgeonId: otherSurgeon.id })
    expect(elsewhere.status).toBe(201)
  })

  test('of a doctor excludes their clinic slots, which the refusal names', async ({ database, theatre }) => {
    const slot = await aSlot(database, theatre.doctor, { startsAt: new Date(theatreTime('08:30')) })
    const { problem } = await theatre.book({ surgeonId: theatre.doctor.id })
    expect(problem.conflicts).toMatchObject([{ kind: 'surgeon', slotId: slot.id, caseId: null }])
  })

  test('wrong input names the field', async ({ theatre }) => {
    const { robot, roomOne, surgeon } = theatre
    const past = '2020-01-01T08:00:00Z'
    const dayAgo = Temporal.Now.instant().subtract({ hours: 24, seconds: 1 }).toString()
    const tooFar = `${Temporal.Now.plainDateISO('UTC').add({ years: 3 })}T08:00:00Z`
    const wrong: [object, string][] = [
      [{ minutes: 0 }, '/minutes'],
      [{ minutes: 1441 }, '/minutes'],
      [{ minutes: '60' }, '/minutes'],
      [{ startsAt: '2030-01-01T08:00:00' }, '/startsAt'],
      [{ startsAt: past }, '/startsAt'],
      [{ startsAt: dayAgo, minutes: 1440 }, '/startsAt'],
      [{ startsAt: '0000-01-01T00:00:00Z' }, '/startsAt'],
      [{ startsAt: '9999-12-31T23:59:59Z' }, '/startsAt'],
      [{ startsAt: tooFar }, '/startsAt'],
      [{ colour: 'red' }, '/colour'],
      [{ patient: { mrn: '', name: 'x' } }, '/patient/mrn'],
      [{ patient: { mrn: 'x', name: 'x', birthDate: '2020-02-30' } }, '/patient/birthDate'],
      [{ patient: { mrn: 'x', name: 'x', birthDate: tooFar.slice(0, 10) } }, '/patient/birthDate'],
      [{ urgency: 'soon' }, '/urgency'],
      [{ equipment: [{ equipmentId: robot.id, units: 0 }] }, '/equipment/0/units'],
      [{ equipment: [{ equipmentId: robot.id, units: 3 }] }, '/equipment'],
      [{ anaesthetistId: surgeon.id, surgeonId: roomOne.id.toUpperCase() }, '/surgeonId'],
    ]
    for (const [change, field] of wrong) {
      const { problem } = await theatre.book(change)
      expect(problem, JSON.stringify(change)).toMatchObject({ status: 400, code: 'invalid_request' })
      expect(problem.errors?.map(({ path }) => path)).toEqual([field])
    }
  })

  test('with ids of nothing, of another clinic or of another kind: 404 with the field', async ({ database, rest }) => {
    const [here, there] = [await aTheatre(database, rest), await aTheatre(database, rest)]
    const wrong: [object, string][] = [
      [{ roomId: newId(here.clinic.no) }, '/roomId'],
      [{ roomId: there.roomOne.id }, '/roomId'],
      [{ roomId: here.robot.id }, '/roomId'],
      [{ surgeonId: there.surgeon.id }, '/surgeonId'],
      [{ surgeonId: here.anaesthetist.id }, '/surgeonId'],
      [{ anaesthetistId: there.anaesthetist.id }, '/anaesthetistId'],
      [{ staffIds: [here.otherSurgeon.id, there.surgeon.id] }, '/staffIds/1'],
      [{ equipment: [{ equipmentId: there.robot.id, units: 1 }] }, '/equipment/0/equipmentId'],
      [{ surgeonId: crypto.randomUUID() }, '/surgeonId'],
    ]
    for (const [change, field] of wrong) {
      const { problem } = await here.book(change)
      expect(problem, JSON.stringify(change)).toMatchObject({ status: 404, code: 'theatre_resource_not_found' })
      expect(problem.errors?.map(({ path }) => path)).toEqual([field])
    }
    const elsewhere = await rest.call('createCase', { as: here.staff, body: there.newCase() })
    expect(elsewhere.problem).toMatchObject({ status: 404, code: 'clinic_not_found' })
    const noBlock = { status: 404, code: 'block_not_found' }
    expect((await here.book({ blockId: there.roomOne.id })).problem).toMatchObject(noBlock)
    const block = { roomId: there.roomOne.id, from: theatreTime('08:00'), to: theatreTime('16:00') }
    const ofOther = await rest.call('createBlocks', { path: there.path, as: there.admin, body: block })
    const [foreign, unknown] = [ofOther.body.items[0]?.blockId ?? '', newId(there.clinic.no)]
    for (const blockId of [foreign, unknown]) {
      expect((await here.book({ blockId })).problem.detail).toBe(`There is no block ${blockId}.`)
    }
    expect((await here.book({ requestId: newId(here.clinic.no) })).problem).toMatchObject({
      status: 404,
      code: 'case_request_not_found',
    })
    const twice = await here.book({ staffIds: [here.surgeon.id] })
    expect(twice.problem).toMatchObject({ status: 400, errors: [{ path: '/surgeonId' }] })
  })

  test('in a room that takes no new cases is refused', async ({ rest, theatre }) => {
    const path = { ...theatre.path, roomId: theatre.roomOne.id }
    await rest.call('updateRoom', { path, as: theatre.admin, body: { active: false } })
    const { problem } = await theatre.book()
    expect(problem).toMatchObject({ status: 409, code: 'theatre_resource_inactive', errors: [{ path: '/roomId' }] })
  })

  test('outside the room’s hours: an admin overrides that with a reason, staff cannot', async ({ rest, theatre }) => {
    const path = { ...theatre.path, roomId: theatre.roomOne.id }
    await rest.call('updateRoom', { path, as: theatre.admin, body: { hours: [] } })
    const { problem } = await theatre.book()
    expect(problem).toMatchObject({ code: 'outside_hours', conflicts: [{ code: 'outside_hours', isSoft: true }] })
    const override = { rules: ['outside_hours'], reason: 'Weekend list' }
    expect((await theatre.book({ override })).problem).toMatchObject({ status: 403, code: 'forbidden' })
    const booked = await theatre.book({ override }, { as: theatre.admin, body: theatre.newCase({ override }) })
    expect(booked.body.override).toEqual(override)
  })
})

describe('an existing case', () => {
  test('is confirmed and cancelled with a reason; repeated, nothing changes', async ({ rest, theatre }) => {
    const path = { caseId: (await theatre.book()).body.id }
    const as = theatre.staff
    const confirmed = await rest.call('confirmCase', { path, as })
    expect(confirmed.body).toMatchObject({ status: 'CONFIRMED', holdExpiresAt: null })
    expect((await rest.call('confirmCase', { path, as })).body).toEqual(confirmed.body)
    const cancel = (reasonCode: string) => rest.call('cancelCase', { path, as, body: { reasonCode } })
    expect((await cancel('patient_ill')).problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: [{ path: '/reasonCode', message: expect.stringContaining('patient_unfit') }],
    })
    const cancelled = await cancel('patient_unfit')
    expect(cancelled.body).toMatchObject({ status: 'CANCELLED', cancellationReason: 'patient_unfit', allocations: [] })
    expect((await cancel('other')).body).toEqual(cancelled.body)
    expect((await rest.call('confirmCase', { path, as })).problem).toMatchObject({
      status: 409,
      code: 'invalid_transition',
      case: { status: 'CANCELLED' },
    })
    expect((await theatre.book()).status).toBe(201)
    const { items } = (await rest.call('listCaseEvents', { path, as })).body
    expect(items.map(({ event }) => event.type)).toEqual(['held', 'confirmed', 'cancelled'])
    expect(items[0]?.actorName).toBe(as.name)
  })

  test('that is let go is not cancelled if somebody has confirmed it meanwhile', async ({ rest, theatre }) => {
    const { staff, admin } = theatre
    const letGo = (caseId: string, key: string) => {
      const body = { reasonCode: 'administrative', onlyHold: true }
      return rest.call('cancelCase', { path: { caseId }, as: staff, key, body })
    }
    const [held, confirmed] = [crypto.randomUUID(), crypto.randomUUID()]
    const first = { caseId: (await theatre.book()).body.id }
    const released = { status: 'CANCELLED', failureReason: 'hold_released' }
    expect((await letGo(first.caseId, held)).body).toMatchObject(released)
    expect((await letGo(first.caseId, held)).body).toMatchObject(released)
    const second = { caseId: (await theatre.book()).body.id }
    await rest.call('confirmCase', { path: second, as: admin })
    expect((await letGo(second.caseId, confirmed)).problem).toMatchObject({ status: 409, code: 'invalid_transition' })
    expect((await rest.call('getCase', { path: second, as: staff })).body.status).toBe('CONFIRMED')
  })

  test('whose hold lapsed is not confirmed, and holds nothing', async ({ database, rest, theatre }) => {
    const { id } = (await theatre.book()).body
    const { rows } = await database.ownerPool.query('select slot_id from holdfast.booking where id = $1', [id])
    await lapseHolds(database, { clinicNo: theatre.clinic.no, id: rows[0].slot_id })
    const { problem } = await rest.call('confirmCase', { path: { caseId: id }, as: theatre.staff })
    expect(problem).toMatchObject({ status: 409, code: 'hold_expired', case: { status: 'FAILED', allocations: [] } })
    expect((await theatre.book()).status).toBe(201)
  })

  test('moves in one step, or stays as it is', async ({ rest, theatre }) => {
    const { staff: as, roomTwo, anaesthetist } = theatre
    const { bumped, ...first } = (await theatre.book({ confirm: true })).body
    expect(bumped).toEqual([])
    const second = (await theatre.book({ startsAt: theatreTime('09:00'), confirm: true })).body
    const move = (body: object) => rest.call('moveCase', { path: { caseId: first.id }, as, body })
    const { problem } = await move({ startsAt: theatreTime('08:30') })
    expect(problem).toMatchObject({ code: 'resource_busy', conflicts: [{ kind: 'room', caseId: second.id }, {}] })
    expect((await rest.call('getCase', { path: { caseId: first.id }, as })).body).toEqual(first)
    const moved = await move({ roomId: roomTwo.id, startsAt: theatreTime('12:00'), anaesthetistId: anaesthetist.id })
    expect(moved.body).toMatchObject({ roomId: roomTwo.id, startsAt: theatreTime('12:00'), minutes: 60 })
    expect((await move({ anaesthetistId: null })).body.anaesthetistId).toBe(null)
    expect((await move({})).problem.status).toBe(400)
    expect((await move({ roomId: newId(theatre.clinic.no) })).problem).toMatchObject({
      code: 'theatre_resource_not_found',
      errors: [{ path: '/roomId' }],
    })
  })

  test('swaps with another, and gives way to an emergency', async ({ rest, theatre }) => {
    const { staff: as, roomTwo, otherSurgeon } = theatre
    const one = (await theatre.book({ confirm: true })).body
    const startsAt = theatreTime('10:00')
    const other = (await theatre.book({ roomId: roomTwo.id, surgeonId: otherSurgeon.id, startsAt, confirm: true })).body
    const swap = (caseId: string) => rest.call('swapCases', { path: { caseId: one.id }, as, body: { caseId } })
    expect((await swap(one.id)).problem).toMatchObject({ status: 400, errors: [{ path: '/caseId' }] })
    expect((await swap(newId(theatre.clinic.no))).problem.code).toBe('case_not_found')
    expect((await swap(other.id)).body.cases).toMatchObject([
      { id: one.id, roomId: roomTwo.id, startsAt },
      { id: other.id, roomId: one.roomId, startsAt: one.startsAt },
    ])
    const bump = { caseIds: [other.id], reason: 'Ruptured aneurysm' }
    const key = crypto.randomUUID()
    const emergency = { as, key, body: theatre.newCase({ urgency: 'immediate', bump }) }
    const [created, repeated] = [await rest.call('createCase', emergency), await rest.call('createCase', emergency)]
    expect([created.status, repeated.status]).toEqual([201, 200])
    expect(created.body.bumped).toEqual([{ caseId: other.id, requestId: expect.any(String) }])
    expect(repeated.body).toEqual(created.body)
    expect((await rest.call('getCase', { path: { caseId: other.id }, as })).body).toMatchObject({
      status: 'CANCELLED',
      failureReason: 'bumped',
    })
    const bumpAgain = { caseIds: [one.id], reason: 'x', startsAt, roomId: roomTwo.id }
    const path = { caseId: created.body.id }
    const moved = await rest.call('bumpCases', { path, as, body: bumpAgain })
    expect(moved.body).toMatchObject({ case: { startsAt, roomId: roomTwo.id }, bumped: [{ caseId: one.id }] })
    const itself = await rest.call('bumpCases', { path, as, body: { caseIds: [path.caseId], reason: 'x' } })
    expect(itself.problem).toMatchObject({ status: 400, errors: [{ path: '/caseIds' }] })
  })

  test('that ended early leaves room and people to another, its times in the report', async ({ rest, theatre }) => {
    const { path, admin, staff } = theatre
    const early = (await theatre.book({ confirm: true })).body
    const record = (milestone: 'in_room' | 'out_of_room', time: string) =>
      rest.call('recordMilestone', {
        path: { caseId: early.id },
        as: admin,
        body: { milestone, at: theatreTime(time), trial: true },
      })
    await record('in_room', '08:00')
    expect((await theatre.book({ startsAt: theatreTime('08:30') })).problem.code).toBe('resource_busy')
    const over = (await record('out_of_room', '08:30')).body
    expect(over).toMatchObject({ endsAt: early.endsAt, minutes: 60, expectedEndsAt: early.endsAt })
    expect(new Set(over.allocations.map(({ to }) => to))).toEqual(new Set([theatreTime('08:30')]))
    expect((await theatre.book({ startsAt: theatreTime('08:30') })).status).toBe(201)
    const { items } = (await rest.call('listCaseEvents', { path: { caseId: early.id }, as: staff })).body
    expect(items.at(-1)?.event.caseDetails).toMatchObject({
      milestone: 'out_of_room',
      allocations: [{ 4: theatreTime('08:30') }, {}, {}],
    })
    const query = { from: theatreDay, to: theatreDay }
    const { total } = (await rest.call('getTheatreReport', { path, as: admin, query })).body
    expect(total).toMatchObject({ cases: 1, timedCases: 1, estimateErrorMinutesMedian: -30 })
  })

  test('is seen by the doctor who is its surgeon, and by no other doctor', async ({ rest, theatre }) => {
    const { path, surgeonAccount, staff } = theatre
    const own = (await theatre.book({ surgeonId: theatre.doctor.id })).body
    const others = (await theatre.book({ startsAt: theatreTime('10:00') })).body
    const list = async (as: typeof staff) => {
      const { items } = (await rest.call('listCases', { path, as, query: { from: theatreDay, to: theatreDay } })).body
      return items.map(({ id }) => id)
    }
    expect(await list(staff)).toEqual([own.id, others.id])
    expect(await list(surgeonAccount)).toEqual([own.id])
    expect((await rest.call('getCase', { path: { caseId: own.id }, as: surgeonAccount })).status).toBe(200)
    const hidden = await rest.call('getCase', { path: { caseId: others.id }, as: surgeonAccount })
    expect(hidden.problem).toMatchObject({ status: 404, code: 'case_not_found' })
    const attempt = await rest.call('confirmCase', { path: { caseId: own.id }, as: surgeonAccount })
    expect(attempt.problem).toMatchObject({ status: 403, code: 'forbidden' })
    const read = rest.audited.filter(({ kind, subjectId }) => kind === 'booking_read' && subjectId === own.id)
    expect(read).toHaveLength(1)
  })

  test('the cursors of a doctor’s list, and their case’s risk, name no case of others', async ({ rest, theatre }) => {
    const { path, surgeonAccount, staff, doctor, roomTwo } = theatre
    const others = (await theatre.book({ startsAt: theatreTime('07:00'), confirm: true })).body
    const own = (await theatre.book({ surgeonId: doctor.id, confirm: true })).body
    await theatre.book({ roomId: roomTwo.id, startsAt: theatreTime('12:00') })
    await theatre.book({ surgeonId: doctor.id, startsAt: theatreTime('14:00') })
    const expectedEndsAt = theatreTime('08:30')
    const extend = { path: { caseId: others.id }, as: staff, body: { expectedEndsAt } }
    expect((await rest.call('extendCase', extend)).body.atRiskCaseIds).toEqual([own.id])
    const list = async (as: typeof staff) => {
      const query = { from: theatreDay, to: theatreDay, limit: 1 }
      return (await rest.call('listCases', { path, as, query })).body
    }
    const page = await list(surgeonAccount)
    expect(page.items).toMatchObject([{ id: own.id, atRiskBy: null }])
    expect(Buffer.from(page.nextCursor ?? '', 'base64url').toString()).toContain(own.id)
    const all = await list(staff)
    expect(Buffer.from(all.nextCursor ?? '', 'base64url').toString()).toContain(others.id)
  })

  test('the cursors of a doctor’s requests name no request of others', async ({ rest, theatre }) => {
    const { path, surgeonAccount, staff, doctor, surgeon } = theatre
    const ask = async (mrn: string, surgeonId: string) => {
      const { roomId: _room, startsAt: _start, clinicId: _clinic, ...wanted } = theatre.newCase()
      const body = { ...wanted, surgeonId, patient: { mrn, name: 'x' } }
      return (await rest.call('createCaseRequest', { path, as: staff, body })).body.id
    }
    await ask('R-1', surgeon.id)
    const own = await ask('R-2', doctor.id)
    await ask('R-3', surgeon.id)
    await ask('R-4', doctor.id)
    const { body } = await rest.call('listCaseRequests', { path, as: surgeonAccount, query: { limit: 1 } })
    expect(body.items.map(({ id }) => id)).toEqual([own])
    expect(Buffer.from(body.nextCursor ?? '', 'base64url').toString()).toContain(own)
  })
})
