import { newId } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { describe, expect, onTestFinished } from 'vitest'
import { aTheatre, test, theatreDay, theatreTime } from '../../../test/theatre-scene.ts'

const weekday = Temporal.PlainDate.from(theatreDay).dayOfWeek

describe('blocks', () => {
  test('are created once, listed, and their minutes are shared by cases', async ({ rest, theatre }) => {
    const { path, admin, roomOne } = theatre
    const body = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('12:00'), minutes: 100 }
    const created = await rest.call('createBlocks', { path, as: admin, body })
    expect(created.status).toBe(201)
    expect(created.headers['holdfast-position']).toMatch(/^\d+\.\d+$/)
    expect(created.body).toMatchObject({ created: 1, skipped: 0, conflicts: 0, seriesId: null })
    const again = await rest.call('createBlocks', { path, as: admin, body })
    expect([again.status, again.body.skipped]).toEqual([200, 1])
    const overlapping = { ...body, from: theatreTime('11:00'), to: theatreTime('13:00') }
    const inTheWay = await rest.call('createBlocks', { path, as: admin, body: overlapping })
    expect([inTheWay.status, inTheWay.body.conflicts]).toEqual([200, 1])

    const booked = (await theatre.book({ confirm: true })).body
    const blockId = created.body.items[0]?.blockId
    expect(booked.blockId).toBe(blockId)
    const { problem } = await theatre.book({ startsAt: theatreTime('10:00') })
    expect(problem).toMatchObject({ status: 409, code: 'block_overrun', remainingMinutes: 40 })
    expect(problem.conflicts).toMatchObject([{ code: 'block_overrun', blockId, remainingMinutes: 40, isSoft: true }])
    const list = await rest.call('listBlocks', { path, as: theatre.staff, query: { from: theatreDay, to: theatreDay } })
    expect(list.body.items).toMatchObject([{ id: blockId, minutes: 100, usedMinutes: 60, isReleased: false }])
  })

  test('of a rule are previewed, owned, released, taken over, resized and withdrawn', async ({ rest, theatre }) => {
    const { path, admin, roomOne, surgeon } = theatre
    const to = Temporal.PlainDate.from(theatreDay).add({ days: 13 }).toString()
    const rule = { from: theatreDay, to, weekdays: [weekday], startTime: '08:00', endTime: '16:00' }
    const body = { roomId: roomOne.id, service: 'Cardiac', rule, releaseDays: 2 }
    const preview = await rest.call('createBlocks', { path, as: admin, query: { dryRun: true }, body })
    expect([preview.status, preview.body.items.length]).toEqual([200, 2])
    const created = await rest.call('createBlocks', { path, as: admin, body })
    expect(created.body).toMatchObject({ created: 2, seriesId: expect.any(String) })
    const again = await rest.call('createBlocks', { path, as: admin, body })
    expect(again.body).toMatchObject({ created: 0, skipped: 2, seriesId: null })
    const blockId = created.body.items[0]?.blockId ?? ''
    expect((await theatre.book()).problem).toMatchObject({
      code: 'block_owned',
      conflicts: [{ code: 'block_owned', isSoft: true, blockId, service: 'Cardiac' }],
    })
    const change = (of: object) => rest.call('changeBlock', { path: { ...path, blockId }, as: admin, body: of })
    expect((await change({ action: 'release' })).body.isReleased).toBe(true)
    const { status, body: booked } = await theatre.book({ confirm: true })
    expect(status).toBe(201)
    expect((await change({ action: 'reclaim' })).body.isReleased).toBe(false)
    expect((await change({ action: 'take_over', surgeonId: surgeon.id })).body).toMatchObject({
      service: null,
      surgeonId: surgeon.id,
    })
    expect((await change({ action: 'resize', minutes: 59 })).problem).toMatchObject({
      status: 409,
      code: 'minutes_in_use',
      usedMinutes: 60,
    })
    expect((await change({ action: 'resize', minutes: 480 })).body.minutes).toBe(480)
    expect((await change({ action: 'resize', minutes: 60 })).body.minutes).toBe(60)
    const wrong: [object, string][] = [
      [{ action: 'resize' }, '/minutes'],
      [{ action: 'resize', minutes: 481 }, '/minutes'],
      [{ action: 'release', minutes: 5 }, '/minutes'],
      [{ action: 'release', service: 'x' }, '/service'],
    ]
    for (const [of, field] of wrong) expect((await change(of)).problem.errors?.[0]?.path).toBe(field)
    const withdraw = (withBookings: boolean) =>
      rest.call('withdrawBlock', { path: { ...path, blockId }, as: admin, query: { withBookings } })
    expect((await withdraw(false)).problem.code).toBe('slot_has_bookings')
    const withdrawn = { slots: 1, bookings: [{ id: booked.id, startsAt: booked.startsAt }] }
    // And again: the first response may have been lost.
    for (let n = 0; n < 2; n += 1) expect((await withdraw(true)).body).toMatchObject(withdrawn)
    const { body: failed } = await rest.call('getCase', { path: { caseId: booked.id }, as: admin })
    expect(failed).toMatchObject({ status: 'FAILED', failureReason: 'slot_withdrawn', allocations: [] })
  })

  test('with wrong times, minutes or ids are refused, of another clinic do not exist', async ({ database, rest }) => {
    const [here, there] = [await aTheatre(database, rest), await aTheatre(database, rest)]
    const { path, admin, roomOne } = here
    const [from, to] = [theatreTime('08:00'), theatreTime('09:00')]
    const rule = { from: theatreDay, to: theatreDay, weekdays: [weekday], startTime: '08:00', endTime: '09:00' }
    const wrong: [object, string][] = [
      [{}, '/'],
      [{ from, to, rule }, '/'],
      [{ from }, '/to'],
      [{ from: to, to: from }, '/to'],
      [{ from: '2020-01-01T08:00:00Z', to }, '/from'],
      [{ from, to, minutes: 61 }, '/minutes'],
      [{ from, to, minutes: 0 }, '/minutes'],
      [{ rule, minutes: 61 }, '/minutes'],
      [{ rule: { ...rule, weekdays: [] } }, '/rule/weekdays'],
      [{ from: theatreTime('08:00', 1000), to: theatreTime('09:00', 1000) }, '/from'],
    ]
    for (const [times, field] of wrong) {
      const { problem } = await rest.call('createBlocks', { path, as: admin, body: { roomId: roomOne.id, ...times } })
      expect(problem, JSON.stringify(times)).toMatchObject({ status: 400, code: 'invalid_request' })
      expect(problem.errors?.[0]?.path).toBe(field)
    }
    for (const [body, field] of [
      [{ roomId: there.roomOne.id, from, to }, '/roomId'],
      [{ roomId: here.robot.id, from, to }, '/roomId'],
      [{ roomId: roomOne.id, surgeonId: there.surgeon.id, from, to }, '/surgeonId'],
      [{ roomId: roomOne.id, surgeonId: here.anaesthetist.id, from, to }, '/surgeonId'],
    ] as const) {
      const { problem } = await rest.call('createBlocks', { path, as: admin, body })
      expect(problem).toMatchObject({ status: 404, code: 'theatre_resource_not_found', errors: [{ path: field }] })
    }
    const block = (await rest.call('createBlocks', { path, as: admin, body: { roomId: roomOne.id, from, to } })).body
    const foreign = { ...there.path, blockId: block.items[0]?.blockId ?? '' }
    for (const id of ['changeBlock', 'withdrawBlock', 'fillBlock'] as const) {
      const body = id === 'changeBlock' ? { action: 'release' } : {}
      const { problem } = await rest.call(id, {
        path: foreign,
        as: there.admin,
        ...(id === 'withdrawBlock' ? {} : { body }),
      })
      expect(problem).toMatchObject({ status: 404, code: 'block_not_found' })
    }
  })

  test('are no slots that anybody could book an appointment in', async ({ rest, theatre }) => {
    const { path, admin, roomOne } = theatre
    const body = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('12:00') }
    const created = (await rest.call('createBlocks', { path, as: admin, body })).body
    const slotId = created.items[0]?.blockId ?? ''
    for (const appointmentType of [undefined, 'in_person']) {
      const attempt = { slotId, patient: { name: 'Eve' }, ...(appointmentType ? { appointmentType } : {}) }
      expect((await rest.call('createBooking', { body: attempt })).problem.code).toBe('slot_not_found')
    }
    const caseId = (await theatre.book({ confirm: true })).body.id
    const list = await rest.call('listClinicBookings', { path, as: admin, query: { from: theatreDay } })
    expect(list.body.items).toEqual([])
    expect((await rest.call('getBooking', { path: { bookingId: caseId }, as: admin })).problem.status).toBe(404)
    const stats = await rest.call('getClinicStats', { path, as: admin, query: { from: theatreDay, to: theatreDay } })
    expect(stats.body.days).toMatchObject([{ capacity: 0, taken: 0, bookings: { CONFIRMED: 0 } }])
  })
})

describe('the waitlist', () => {
  const request = (change: object = {}) => ({
    patient: { mrn: 'W-1', name: 'Katherine Johnson' },
    service: 'Orthopaedics',
    procedure: { code: '27447', display: 'Total knee arthroplasty' },
    minutes: 60,
    ...change,
  })

  test('has requests by urgency, of doctors for themselves only', async ({ rest, theatre }) => {
    const { path, staff, doctor, surgeonAccount, surgeon } = theatre
    const create = (body: object, as = staff) => rest.call('createCaseRequest', { path, as, body })
    const first = await create(request())
    expect(first.body).toMatchObject({ status: 'open', surgeonId: null, urgency: 'elective', caseId: null })
    const own = await create(request({ urgency: 'urgent', dueOn: theatreDay }), surgeonAccount)
    expect(own.body.surgeonId).toBe(doctor.id)
    expect((await create(request({ dueOn: '2026-01-01' }))).problem.errors).toMatchObject([{ path: '/dueOn' }])
    expect((await create(request({ surgeonId: surgeon.id }), surgeonAccount)).problem.code).toBe('forbidden')
    expect((await create(request({ surgeonId: newId(theatre.clinic.no) }))).problem).toMatchObject({
      code: 'theatre_resource_not_found',
      errors: [{ path: '/surgeonId' }],
    })
    const list = async (as: typeof staff) =>
      (await rest.call('listCaseRequests', { path, as, query: { status: 'open' } })).body.items.map(({ id }) => id)
    expect(await list(staff)).toEqual([own.body.id, first.body.id])
    expect(await list(surgeonAccount)).toEqual([own.body.id])
    const hidden = { path: { requestId: first.body.id }, as: surgeonAccount }
    expect((await rest.call('getCaseRequest', hidden)).problem.code).toBe('case_request_not_found')
    expect((await rest.call('withdrawCaseRequest', hidden)).problem.code).toBe('case_request_not_found')
    const withdraw = { path: { requestId: own.body.id }, as: surgeonAccount }
    expect((await rest.call('withdrawCaseRequest', withdraw)).status).toBe(204)
    expect((await rest.call('withdrawCaseRequest', withdraw)).status).toBe(204)
    expect(await list(staff)).toEqual([first.body.id])
  })

  test('has requests that are corrected, by doctors only their own, and with the version that was read', async ({
    database,
    rest,
  }) => {
    const theatre = await aTheatre(database, rest)
    const { path, clinic, staff, admin, surgeon, surgeonAccount, roomOne, roomTwo } = theatre
    const body = request({ roomId: roomTwo.id, dueOn: theatreDay })
    const [own, other] = [
      (await rest.call('createCaseRequest', { path, as: surgeonAccount, body })).body,
      (await rest.call('createCaseRequest', { path, as: staff, body: request({ surgeonId: surgeon.id }) })).body,
    ]
    const change = (fields: object, as = staff, requestId = own.id) =>
      rest.call('changeCaseRequest', { path: { requestId }, as, body: { version: 1, ...fields } })
    await rest.call('updateRoom', { path: { ...path, roomId: roomOne.id }, as: admin, body: { active: false } })
    expect((await change({ roomId: roomOne.id })).problem).toMatchObject({
      code: 'theatre_resource_inactive',
      detail: 'OR 1 takes no new cases.',
      errors: [{ path: '/roomId' }],
    })
    expect((await change({ surgeonId: newId(clinic.no) })).problem).toMatchObject({
      code: 'theatre_resource_not_found',
      errors: [{ path: '/surgeonId' }],
    })
    expect((await change({ dueOn: '2026-01-01' })).problem.errors).toMatchObject([{ path: '/dueOn' }])
    for (const surgeonId of [surgeon.id, null]) {
      expect((await change({ surgeonId }, surgeonAccount)).problem.code).toBe('forbidden')
    }
    expect((await change({ minutes: 90 }, surgeonAccount, other.id)).problem.code).toBe('case_request_not_found')
    const fields = { roomId: null, dueOn: null, note: ' Fasting ', minutes: 90 }
    const corrected = { ...own, ...fields, note: 'Fasting', version: 2 }
    for (let n = 0; n < 2; n += 1) {
      expect(await change(fields, surgeonAccount)).toMatchObject({ status: 200, body: corrected })
    }
    expect((await change({ minutes: 30 })).problem).toMatchObject({ code: 'case_request_changed', version: 2 })
    expect(rest.audited.filter(({ subjectId }) => subjectId === own.id).map(({ kind }) => kind)).toEqual([
      'case_request_created',
      'denied',
      'denied',
      'case_request_changed',
      'booking_read',
    ])
    const claim = theatre.newCase({ patient: request().patient, requestId: own.id, surgeonId: own.surgeonId })
    await rest.call('createCase', { as: staff, body: { ...claim, roomId: roomTwo.id, confirm: true } })
    expect((await change({ version: 3, minutes: 30 })).problem.code).toBe('case_request_scheduled')
  })

  test('of a doctor neither renames a known patient nor tells what is stored', async ({ database, rest }) => {
    const theatre = await aTheatre(database, rest)
    const { path, clinic, staff, surgeonAccount, doctor } = theatre
    const known = { mrn: 'W-7', name: 'Katherine Johnson', birthDate: '1918-08-26' }
    const create = (patient: object, as = surgeonAccount) =>
      rest.call('createCaseRequest', { path, as, body: request({ patient }) })
    const before = (await theatre.book({ patient: known, confirm: true })).body
    const readPatient = async () =>
      (await rest.call('getCase', { path: { caseId: before.id }, as: staff })).body.patient
    for (const patient of [
      { ...known, name: 'Wrong Name' },
      { mrn: known.mrn, name: known.name },
      { ...known, birthDate: '1918-08-27' },
    ]) {
      const { problem } = await create(patient)
      expect(problem).toMatchObject({ status: 409, code: 'patient_mismatch' })
      expect(JSON.stringify(problem)).not.toMatch(/Johnson|1918/)
    }
    expect(await readPatient()).toEqual(known)
    const by = { clinicNo: clinic.no, actorId: surgeonAccount.id }
    const denials = rest.audited.filter(({ kind, clinicNo }) => kind === 'denied' && clinicNo === clinic.no)
    expect(denials).toHaveLength(3)
    expect(denials[0]).toMatchObject({ ...by, details: ['createCaseRequest', 'patient'] })

    const own = (await create(known)).body
    expect(own).toMatchObject({ surgeonId: doctor.id, patient: known })
    const created = rest.audited.filter(({ subjectId }) => subjectId === own.id)
    expect(created).toMatchObject([{ ...by, kind: 'case_request_created' }])

    const married = { ...known, name: 'Katherine Goble' }
    expect((await create({ ...married, birthDate: '1918-08-27' }, staff)).problem.code).toBe('patient_mismatch')
    expect((await create(married, staff)).problem.code).toBe('patient_mismatch')
    expect((await create({ ...married, correct: true })).problem.code).toBe('patient_mismatch')
    expect(await readPatient()).toEqual(known)
    expect((await create({ ...married, correct: true }, staff)).status).toBe(201)
    expect(await readPatient()).toEqual(married)
    const { rows } = await database.ownerPool.query(sql`select actor_kind, actor_id, details from holdfast.audit_event
        where clinic_no = ${clinic.no} and kind = 'patient_changed'`)
    expect(rows).toEqual([{ actor_kind: 'account', actor_id: staff.id, details: ['name'] }])
  })

  test('a repetition gets the stored request, also when its due day is over meanwhile', async ({ database, rest }) => {
    const { path, staff } = await aTheatre(database, rest)
    const today = new Date().toISOString().slice(0, 10)
    const call = { path, key: crypto.randomUUID(), body: request({ dueOn: today }) }
    const { body: created } = await rest.call('createCaseRequest', { ...call, as: staff })
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000)
    rest.clock.now = inTwoDays
    onTestFinished(() => {
      rest.clock.now = undefined
    })
    const again = await rest.call('createCaseRequest', { ...call, as: staff })
    expect({ status: again.status, id: again.body.id }).toEqual({ status: 200, id: created.id })
    const another = { ...call, as: staff, key: crypto.randomUUID() }
    expect((await rest.call('createCaseRequest', another)).problem.errors).toMatchObject([{ path: '/dueOn' }])
    // The refusal is not stored with the key.
    const body = request({ dueOn: inTwoDays.toISOString().slice(0, 10) })
    expect((await rest.call('createCaseRequest', { ...another, body })).status).toBe(201)
  })

  test('a suggested time for a request can be booked, and the request has its case', async ({ rest, theatre }) => {
    const { path, staff: as, surgeon, roomOne, roomTwo } = theatre
    const waiting = (await rest.call('createCaseRequest', { path, as, body: request() })).body
    await theatre.book({ startsAt: theatreTime('00:00'), minutes: 30 })
    const days = { from: theatreDay, to: theatreDay, limit: 1 }
    const suggest = (body: object) => rest.call('suggestCaseTimes', { path, as, body: { ...days, ...body } })
    expect((await suggest({ requestId: waiting.id })).problem.errors).toMatchObject([{ path: '/surgeonId' }])
    const backwards = await suggest({ requestId: waiting.id, from: days.to, to: '2026-01-01' })
    expect(backwards.problem.errors).toMatchObject([{ path: '/to' }])
    const found = await suggest({ requestId: waiting.id, surgeonId: surgeon.id, roomIds: [roomOne.id] })
    expect(found.body.suggestions).toMatchObject([{ roomId: roomOne.id, startsAt: theatreTime('00:30') }])
    const [time] = found.body.suggestions
    const body = { ...request(), clinicId: theatre.clinic.id, surgeonId: surgeon.id, requestId: waiting.id }
    const booked = await rest.call('createCase', {
      as,
      body: { ...body, roomId: time?.roomId, startsAt: time?.startsAt, confirm: true },
    })
    expect(booked.body.requestId).toBe(waiting.id)
    const scheduled = (await rest.call('getCaseRequest', { path: { requestId: waiting.id }, as })).body
    expect(scheduled).toMatchObject({ status: 'scheduled', caseId: booked.body.id })
    const refused = await rest.call('withdrawCaseRequest', { path: { requestId: waiting.id }, as })
    expect(refused.problem.code).toBe('case_request_scheduled')
    const move = await suggest({ caseId: booked.body.id, roomIds: [roomTwo.id] })
    expect(move.body.suggestions).toHaveLength(1)
    const needs = { minutes: 60, service: 'X', surgeonId: newId(theatre.clinic.no) }
    expect((await suggest({ needs })).problem).toMatchObject({
      code: 'theatre_resource_not_found',
      errors: [{ path: '/needs/surgeonId' }],
    })
    expect((await suggest({})).problem.errors).toMatchObject([{ path: '/' }])
  })

  test('a request that needs a room, and its case, are suggested times there alone', async ({ rest, theatre }) => {
    const { path, staff: as, surgeon, roomOne, roomTwo } = theatre
    const wanted = { ...request(), surgeonId: surgeon.id, roomId: roomTwo.id }
    const waiting = (await rest.call('createCaseRequest', { path, as, body: wanted })).body
    const suggest = async (body: object) => {
      const call = { path, as, body: { from: theatreDay, to: theatreDay, ...body } }
      return (await rest.call('suggestCaseTimes', call)).body.suggestions
    }
    const roomsOf = (found: { roomId: string }[]) => [...new Set(found.map(({ roomId }) => roomId))]
    const found = await suggest({ requestId: waiting.id })
    expect(roomsOf(found)).toEqual([roomTwo.id])
    const [startsAt] = found.map((one) => one.startsAt)
    const body = { ...wanted, clinicId: theatre.clinic.id, requestId: waiting.id, startsAt, confirm: true }
    const elsewhere = await rest.call('createCase', { as, body: { ...body, roomId: roomOne.id } })
    expect(elsewhere.problem).toMatchObject({
      code: 'room_not_requested',
      conflicts: [{ isSoft: true, kind: 'room', resourceId: roomTwo.id, name: roomTwo.name }],
    })
    const booked = await rest.call('createCase', { as, body })
    expect(roomsOf(await suggest({ caseId: booked.body.id }))).toEqual([roomTwo.id])
  })

  test('a case has the note of its request, and the flags of its patient', async ({ rest, theatre }) => {
    const { path, staff: as, surgeon, roomOne } = theatre
    await rest.call('createPatient', { path, as, body: { ...request().patient, flags: ['Latex allergy'] } })
    const wanted = { ...request(), surgeonId: surgeon.id }
    const waiting = await rest.call('createCaseRequest', {
      path,
      as,
      body: { ...wanted, note: 'Needs a bed in the ICU' },
    })
    const place = { clinicId: theatre.clinic.id, roomId: roomOne.id, startsAt: theatreTime('09:00'), confirm: true }
    const booked = await rest.call('createCase', { as, body: { ...wanted, ...place, requestId: waiting.body.id } })
    const known = { patientFlags: ['Latex allergy'], note: 'Needs a bed in the ICU' }
    expect(booked.body).toMatchObject(known)
    const board = await rest.call('getTheatre', { path, as, query: { date: theatreDay, days: 1 } })
    expect(board.body.cases).toMatchObject([known])
    const unrequested = await theatre.book({ startsAt: theatreTime('11:00'), confirm: true })
    expect(unrequested.body).toMatchObject({ patientFlags: [], note: null })
  })

  test('fills a block in one step', async ({ rest, theatre }) => {
    const { path, staff: as, admin, roomOne, surgeon } = theatre
    for (const mrn of ['F-1', 'F-2', 'F-3']) {
      const body = request({ patient: { mrn, name: 'x' }, surgeonId: surgeon.id })
      await rest.call('createCaseRequest', { path, as, body })
    }
    const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:30') }
    const block = (await rest.call('createBlocks', { path, as: admin, body: times })).body.items[0]
    const fill = {
      path: { ...path, blockId: block?.blockId ?? '' },
      as,
      key: crypto.randomUUID(),
      body: { confirm: true },
    }
    const [filled, again] = [await rest.call('fillBlock', fill), await rest.call('fillBlock', fill)]
    expect(filled.body.items.map(({ patient, status }) => [patient?.mrn, status])).toEqual([
      ['F-1', 'CONFIRMED'],
      ['F-2', 'CONFIRMED'],
    ])
    expect(again.body).toEqual(filled.body)
  })
})
