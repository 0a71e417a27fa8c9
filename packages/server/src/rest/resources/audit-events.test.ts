import { randomUUID } from 'node:crypto'
import { sealAuditEvents, unanchoredHeads } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

test('grants, changes, denials, reads of patients’ data and exports are recorded', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const booking = await aBooking(database, await aSlot(database, doctor))
  const admin = await rest.aMember(clinic.no, 'admin')
  const staff = await rest.aMember(clinic.no, 'staff')
  const path = { clinicId: clinic.id, doctorId: doctor.id, bookingId: booking.id, accountId: staff.id }
  rest.audited.length = 0
  const send = async (...[id, options]: Parameters<typeof rest.call>) =>
    (await rest.call(id, { path, as: admin, remoteAddress: '203.0.113.9', ...options })).status
  const invited = await rest.call('createInvitation', {
    path,
    as: admin,
    body: { email: 'e@example.org', role: 'staff' },
  })
  const eve = rest.anAccount()
  const token = invited.body.link.split('#')[1]
  for (let times = 0; times < 2; times += 1) {
    expect(await send('acceptInvitation', { as: eve, body: { token } })).toBe(200)
  }
  await send('changeMember', { body: { role: 'admin' } })
  await send('removeMember', {})
  await send('updateClinic', { body: { phone: '12345', settings: { holdSeconds: 60 } } })
  await send('updateBookingLimits', { body: { guestUnitsMax: 3 } })
  await send('updateDoctor', { body: { experienceYears: 3 } })
  await send('listClinicBookings', { query: { q: 'Miller' } })
  await send('listMessages', { query: { q: 'Miller' } })
  await send('getBooking', {})
  await send('listBookingEvents', {})
  await send('recordExport', { body: { what: 'bookings', rows: 12 } })
  expect(await send('updateClinic', { as: eve, body: { phone: '2' } })).toBe(403)
  // Neither the patient's own reads nor what is refused for its content.
  await rest.call('getBooking', { path, token: rest.manageTokens.issue(booking.id) })
  expect(await send('updateClinic', { body: { phone: 7 } })).toBe(400)
  const by = { clinicNo: clinic.no, actorId: admin.id }
  expect(rest.audited.map(({ network: _, ...entry }) => entry)).toEqual([
    { ...by, kind: 'invitation_created', subjectId: invited.body.id, details: ['staff'] },
    { ...by, kind: 'role_granted', actorId: eve.id, subjectId: eve.id, details: ['staff'] },
    { ...by, kind: 'role_changed', subjectId: staff.id, details: ['admin'] },
    { ...by, kind: 'role_removed', subjectId: staff.id },
    { ...by, kind: 'clinic_changed', details: ['phone', 'holdSeconds'] },
    { ...by, kind: 'limits_changed', details: ['guestUnitsMax'] },
    { ...by, kind: 'doctor_changed', subjectId: doctor.id, details: ['experienceYears'] },
    // The recorder stores a digest of what was searched.
    { ...by, kind: 'bookings_read', details: ['search'], searched: 'miller' },
    { ...by, kind: 'bookings_read', details: ['messages', 'search'], searched: 'miller' },
    { ...by, kind: 'booking_read', subjectId: booking.id },
    { ...by, kind: 'booking_read', subjectId: booking.id, details: ['history'] },
    { ...by, kind: 'data_exported', details: ['bookings', '12'] },
    { ...by, kind: 'denied', actorId: eve.id, subjectId: clinic.id, details: ['updateClinic'] },
  ])
  expect(new Set(rest.audited.slice(1).map(({ network }) => network))).toEqual(new Set(['203.0.113.0/24']))
  expect(JSON.stringify(rest.audited)).not.toMatch(/Miller|12345|example\.org|203\.0\.113\.9/)
})

test('what a patient is refused at their own booking is recorded without the booking', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const owner = rest.anAccount()
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const { id } = await aBooking(database, slot, { accountId: owner.id })
  rest.audited.length = 0
  const refused = await rest.call('arriveBooking', { path: { bookingId: id }, as: owner })
  expect(refused.problem).toMatchObject({ status: 403, code: 'forbidden' })
  expect(rest.audited).toMatchObject([{ kind: 'denied', clinicNo: clinic.no, actorId: owner.id, subjectId: null }])
})

test('a refusal is recorded in the clinic that it is about, whatever ids it has', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const other = await aClinic(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  rest.audited.length = 0
  // The guard reads the clinic's id; the name comes before it.
  const body = { name: other.id, specialization: 'Cardiology', clinicId: clinic.id }
  expect((await rest.call('createDoctor', { as: staff, body })).problem.code).toBe('forbidden')
  const denied = { kind: 'denied', clinicNo: clinic.no, actorId: staff.id, subjectId: clinic.id }
  expect(rest.audited).toMatchObject([denied])
})

test('whoever at the desk gets a booking without changing it has read it', async ({ database, rest, clinic }) => {
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)))
  const staff = await rest.aMember(clinic.no, 'staff')
  const path = { bookingId: booking.id }
  const read = { kind: 'booking_read', clinicNo: clinic.no, actorId: staff.id, subjectId: booking.id }
  const recorded = async (...[id, options]: Parameters<typeof rest.call>) => {
    rest.audited.length = 0
    const reply = await rest.call(id, { path, remoteAddress: '203.0.113.9', ...options })
    const shown = JSON.stringify(reply.status < 400 ? reply.body : reply.problem)
    return { status: reply.status, isShown: shown.includes('"patient":{'), audited: rest.audited.slice() }
  }
  const network = '203.0.113.0/24'
  const cancel = ['cancelBooking', { as: staff, key: 'the cancellation' }] as const
  expect(await recorded(...cancel)).toEqual({ status: 200, isShown: true, audited: [] })
  const seen = { isShown: true, audited: [{ ...read, network }] }
  // The stored response, an unchanged booking, a refusal that contains it.
  expect(await recorded(...cancel)).toEqual({ status: 200, ...seen })
  expect(await recorded('cancelBooking', { as: staff })).toEqual({ status: 200, ...seen })
  expect(await recorded('completeBooking', { as: staff })).toEqual({ status: 409, ...seen })
  // The patient's own are not.
  const token = rest.manageTokens.issue(booking.id)
  const own = { status: 200, isShown: true, audited: [] }
  expect(await recorded('cancelBooking', { token })).toEqual(own)
})

test('erasures are recorded without the patient, and own ones without the account', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const admin = await rest.aMember(clinic.no, 'admin')
  const patient = rest.anAccount()
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 9 })
  const cancelled = (of: { accountId?: string } = {}) => aBooking(database, slot, { status: 'CANCELLED', ...of })
  const [patientOf, adminOf] = [{ accountId: patient.id }, { accountId: admin.id }]
  const [one, own, ownOfAdmin] = [await cancelled(), await cancelled(patientOf), await cancelled(adminOf)]
  await cancelled(patientOf)
  rest.audited.length = 0
  const erase = async (as: typeof admin, { id: bookingId }: { id: string }) =>
    expect((await rest.call('erasePatient', { path: { bookingId }, as })).status).toBe(200)
  await erase(admin, one)
  await erase(admin, one)
  await erase(patient, own)
  await erase(admin, ownOfAdmin)
  const path = { clinicId: clinic.id }
  await rest.call('erasePatients', { path, as: admin, body: { accountId: patient.id } })
  const erased = { kind: 'patients_erased', clinicNo: clinic.no }
  const by = { actorId: admin.id, network: '127.0.0.0/24' }
  expect(rest.audited).toEqual([
    { ...erased, ...by, subjectId: one.id },
    { ...erased, subjectId: own.id, details: ['own account'] },
    { ...erased, subjectId: ownOfAdmin.id, details: ['own account'] },
    { ...erased, ...by, details: ['1'] },
  ])
  expect(JSON.stringify(rest.audited)).not.toContain(patient.id)
})

test('denials for a missing second factor are recorded, and that the clinic needs one', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const patient = rest.anAccount()
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const booking = await aBooking(database, slot, { accountId: patient.id })
  const path = { bookingId: booking.id, clinicId: clinic.id }
  rest.audited.length = 0
  const denied = async (as: typeof patient, id: 'listBookingEvents' | 'updateClinicSecurity', body?: unknown) =>
    (await rest.call(id, { path, as, body })).problem.code
  expect(await denied(patient, 'listBookingEvents')).toBe('forbidden')
  const admin = await rest.aMember(clinic.no, 'admin')
  const secure = Object.assign(admin, { secondFactorAt: new Date() })
  const body = { rolesNeedSecondFactor: true }
  expect((await rest.call('updateClinicSecurity', { path, as: secure, body })).status).toBe(200)
  Object.assign(admin, { secondFactorAt: null })
  expect(await denied(admin, 'listBookingEvents')).toBe('second_factor_required')
  expect(rest.audited.map(({ network: _, ...entry }) => entry)).toEqual([
    { kind: 'denied', clinicNo: clinic.no, actorId: patient.id, subjectId: null, details: ['listBookingEvents'] },
    { kind: 'clinic_changed', clinicNo: clinic.no, actorId: admin.id, details: ['rolesNeedSecondFactor', 'on'] },
    {
      kind: 'denied',
      clinicNo: clinic.no,
      actorId: admin.id,
      subjectId: null,
      details: ['listBookingEvents', 'second factor'],
    },
  ])
})

test('a retry is not recorded again', async ({ database, rest }) => {
  const site = rest.anAccount({ siteAdministrator: true })
  const clinic = await aClinic(database)
  rest.audited.length = 0
  for (const status of [201, 200]) {
    const body = { name: 'New', timezone: 'UTC' }
    expect((await rest.call('createClinic', { as: site, key: 'the clinic', body })).status).toBe(status)
    const path = { clinicId: clinic.id }
    const change = { path, as: site, key: 'the change', body: { phone: '1' } }
    expect((await rest.call('updateClinic', change)).status).toBe(200)
  }
  expect(rest.audited.map(({ kind }) => kind)).toEqual(['clinic_created', 'clinic_changed'])
})

test('without a second factor, administrators read no events of clinics that need one', async ({ database, rest }) => {
  const [strict, other] = [await aClinic(database), await aClinic(database)]
  await database.ownerPool.query(sql`
    update holdfast.clinic set roles_need_second_factor = true where no = ${strict.no}`)
  await database.ownerPool.query(sql`insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
      select no, now(), 'denied', 1, 'nobody', '{}' from unnest(${[strict.no, other.no, 0]}::integer[]) no`)
  const site = rest.anAccount({ siteAdministrator: true, administrationNeedsSecondFactor: [strict.no] })
  const clinicsOf = async () => {
    const { items } = (await rest.call('listAuditEvents', { as: site })).body
    const csv = (await rest.call('exportAuditEvents', { as: site, query: { separator: 'comma' } })).body
    return [strict.id, other.id, null].map((id) => [
      items.some(({ clinicId }: { clinicId: string | null }) => clinicId === id),
      id === null || csv.includes(id),
    ])
  }
  const refused = await rest.call('listClinicAuditEvents', { path: { clinicId: strict.id }, as: site })
  expect(refused.problem.code).toBe('second_factor_required')
  expect(await clinicsOf()).toEqual([
    [false, false],
    [true, true],
    [true, true],
  ])
  Object.assign(site, { secondFactorAt: new Date() })
  expect(await clinicsOf()).toEqual([
    [true, true],
    [true, true],
    [true, true],
  ])
})

test('an event has the ids that a list showed and its place in the chain, also as CSV', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const admin = await rest.aMember(clinic.no, 'admin')
  const site = rest.anAccount({ siteAdministrator: true })
  const subjects = [randomUUID(), randomUUID()]
  const insert = (kind: string, shown: string[]) =>
    database.ownerPool.query(sql`
      insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, subjects, details)
      values (${clinic.no}, now(), ${kind}, 1, 'system', ${shown}::uuid[], '{}')`)
  await insert('bookings_read', subjects)
  await sealAuditEvents(database.appPool)
  const [head] = (await unanchoredHeads(database.appPool, 100)).filter(({ clinicNo }) => clinicNo === clinic.no)
  await insert('limits_changed', [])
  const path = { clinicId: clinic.id }
  const ofClinic = (await rest.call('listClinicAuditEvents', { path, as: admin })).body.items
  const ofSite = (await rest.call('listAuditEvents', { as: site, query: { limit: 500 } })).body.items
  const { epoch = '', no = '', hash = '' } = head ?? {}
  for (const items of [ofClinic, ofSite.filter(({ clinicId }) => clinicId === clinic.id)]) {
    expect(items).toMatchObject([
      { kind: 'limits_changed', subjects: [], epoch: null, no: null, hash: null },
      { kind: 'bookings_read', subjects, epoch, no: '1', hash },
    ])
  }
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  const query = { separator: 'comma' } as const
  const csv = (await rest.call('exportClinicAuditEvents', { path, as: admin, query })).body
  const csvOfSite = (await rest.call('exportAuditEvents', { as: site, query })).body
  const row = `,,${subjects.join('; ')},${epoch},${no},${hash}\r\n`
  for (const text of [csv, csvOfSite]) {
    expect(text).toContain(',details,subjects,epoch,no,hash\r\n')
    expect(text).toContain(row)
  }
})

test('a clinic’s admin reads the events of the clinic alone, administrators read all', async ({ database, rest }) => {
  const [clinic, other] = [await aClinic(database, { timezone: 'Asia/Tokyo' }), await aClinic(database)]
  const admin = await rest.aMember(clinic.no, 'admin')
  const staff = await rest.aMember(clinic.no, 'staff')
  const site = rest.anAccount({ siteAdministrator: true })
  const subjectId = randomUUID()
  const insert = (clinicNo: number, at: string, kind: string) =>
    database.ownerPool.query(sql`
      insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, network, details)
       values (${clinicNo}, ${at}, ${kind}, 1, 'account', ${admin.id}, ${subjectId}, '203.0.113.0/24', '{admin}')`)
  await insert(clinic.no, '2026-02-01T14:59:59Z', 'role_changed')
  await insert(clinic.no, '2026-02-01T15:00:00Z', 'role_removed')
  await insert(clinic.no, '2026-02-02T15:00:00Z', 'sign_in')
  await insert(other.no, '2026-02-02T15:00:01Z', 'denied')
  await insert(0, '2026-02-02T15:00:02Z', 'sign_up')
  await insert(clinic.no, '2026-02-02T15:00:03Z', 'of_a_later_release')
  const path = { clinicId: clinic.id }
  const kinds = async (query: Record<string, string | number> = {}) =>
    (await rest.call('listClinicAuditEvents', { path, as: admin, query })).body.items.map(({ kind }) => kind)
  expect(await kinds()).toEqual(['sign_in', 'role_removed', 'role_changed'])
  // A day of the clinic's time zone, which begins at 15:00 UTC.
  expect(await kinds({ from: '2026-02-02', to: '2026-02-02' })).toEqual(['role_removed'])
  expect(await kinds({ kind: 'sign_in' })).toEqual(['sign_in'])
  expect(await kinds({ accountId: randomUUID() })).toEqual([])
  const [newest] = (await rest.call('listClinicAuditEvents', { path, as: admin })).body.items
  expect(newest).toMatchObject({
    at: '2026-02-02T15:00:00.000Z',
    clinicId: clinic.id,
    actorName: admin.name,
    actorEmail: admin.email,
    subjectId,
    subjectName: null,
    network: '203.0.113.0/24',
    details: ['admin'],
  })
  expect((await rest.call('listClinicAuditEvents', { path, as: staff })).problem.code).toBe('forbidden')
  const foreign = await rest.call('listClinicAuditEvents', { path: { clinicId: other.id }, as: admin })
  expect(foreign.problem.code).toBe('clinic_not_found')
  expect((await rest.call('listAuditEvents', { as: admin })).problem.code).toBe('forbidden')
  const all = await rest.call('listAuditEvents', { as: site, query: { from: '2026-02-01', to: '2026-02-02' } })
  expect(all.body.items.map(({ kind }) => kind)).toEqual([
    'sign_up',
    'denied',
    'sign_in',
    'role_removed',
    'role_changed',
  ])
  const wrong = await rest.call('listClinicAuditEvents', {
    path,
    as: admin,
    query: { from: '2026-02-02', to: '2026-02-01' },
  })
  expect(wrong.problem.errors?.[0]?.path).toBe('/query/to')
})
