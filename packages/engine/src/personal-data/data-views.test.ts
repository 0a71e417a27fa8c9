import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aMember, aSlot, aWaitlistEntry, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import type { NewAuditEvent } from '../model/audit-event.ts'
import type { SeenData } from '../model/personal-data.ts'

/** An account with an appointment and an entry of the waitlist, and a stranger's appointment in the same slot. */
async function aScene(database: TestDatabase) {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic, { name: 'Dr. Amsel' })
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const accountId = randomUUID()
  const staff = await aMember(database, clinic, { role: 'staff' })
  const ids = {
    booking: (await aBooking(database, slot, { accountId })).id,
    entry: (await aWaitlistEntry(database, doctor, { accountId })).id,
    stranger: (await aBooking(database, slot, { patient: { name: 'Ben' } })).id,
  }
  let ageMs = 100_000
  const append = (event: Partial<NewAuditEvent>) => {
    // Each is a second younger than the one before.
    ageMs -= 1_000
    const by = { actorKind: 'account', actorId: staff.accountId } as const
    const what = { kind: 'booking_read', clinicNo: clinic.no, subjectId: null, network: null, details: [], count: 1 }
    return engine.auditLog.append([{ ...what, ...by, ageMs, ...event }])
  }
  const views = (limit = 100, cursor: string | null = null) => engine.personalData.viewsOf({ accountId, limit, cursor })
  return { engine, clinic, slot, accountId, ids, append, views }
}

const kindsOf = (views: readonly SeenData[]) => views.map(({ kind }) => kind)

test('an account reads who has seen its appointments, in which role, the latest first', async ({ database }) => {
  const { clinic, ids, slot, append, views, accountId } = await aScene(database)
  expect(await views()).toEqual({ items: [], nextCursor: null })
  await append({ kind: 'booking_read', subjectId: ids.booking, details: ['history'] })
  await append({ kind: 'bookings_read', subjects: [ids.stranger, ids.booking, ids.entry], count: 3 })
  await append({ kind: 'data_exported', subjectId: accountId, details: ['personal_data'], actorId: randomUUID() })
  const { items } = await views()
  const appointments = [{ bookingId: ids.booking, startsAt: slot.startsAt, doctorName: 'Dr. Amsel' }]
  const of = { actorKind: 'account', clinicId: clinic.id, clinicName: expect.any(String), at: expect.any(Date) }
  expect(items).toEqual([
    // Who has left the clinic has no role there.
    { ...of, kind: 'data_exported', count: 1, details: ['personal_data'], role: null, ...noAppointments },
    { ...of, kind: 'bookings_read', count: 3, details: [], role: 'staff', appointments, waitlistEntryIds: [ids.entry] },
    { ...of, kind: 'booking_read', count: 1, details: ['history'], role: 'staff', appointments, waitlistEntryIds: [] },
  ])
})

const noAppointments = { appointments: [], waitlistEntryIds: [] }

test('what the account and Holdfast did, and what others saw of others, is not in it', async ({ database }) => {
  const { ids, append, views, accountId } = await aScene(database)
  await append({ kind: 'patient_corrected', subjectId: ids.booking, actorId: accountId })
  await append({ kind: 'patients_erased', subjectId: ids.booking, actorKind: 'system', actorId: null })
  await append({ kind: 'bookings_read', subjects: [ids.stranger] })
  await append({ kind: 'role_granted', subjectId: accountId })
  await append({ kind: 'booking_read', subjectId: randomUUID() })
  expect(kindsOf((await views()).items)).toEqual([])
  // The control.
  await append({ kind: 'booking_read', subjectId: ids.booking })
  expect(kindsOf((await views()).items)).toEqual(['booking_read'])
})

test('the document has the same events', async ({ database }) => {
  const { engine, clinic, ids, append, views, accountId } = await aScene(database)
  await append({ subjectId: ids.booking, subjects: [ids.booking, ids.entry] })
  await append({ kind: 'bookings_read', subjects: [ids.entry, ids.stranger] })
  const { sections } = await engine.personalData.ofAccountIn(clinic.no, accountId)
  const document = sections.find(({ name }) => name === 'views')?.rows ?? []
  expect(document).toMatchObject([
    { kind: 'booking_read', role: 'staff', subjects: [ids.booking, ids.entry].toSorted() },
    { kind: 'bookings_read', role: 'staff', subjects: [ids.entry] },
  ])
  const { items } = await views()
  expect(items.toReversed().map(({ at }) => at)).toEqual(document.map(({ at }) => at))
})

test('pages follow each other, also of one instant, and a foreign cursor is refused', async ({ database }) => {
  const { clinic, ids, append, views } = await aScene(database)
  for (let n = 0; n < 7; n += 1) await append({ subjectId: ids.booking, count: n + 1 })
  await database.ownerPool.query(sql`
    update holdfast.audit_event set at = date_trunc('second', now()) where clinic_no = ${clinic.no} and count <= 5`)
  const all = (await views()).items
  const found: SeenData[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof views>> = await views(2, cursor)
    expect(page.items.length).toBeLessThanOrEqual(2)
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(found).toEqual(all)
  expect(found.map(({ count }) => count).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7])
  await expect(views(2, 'x')).rejects.toThrow(InvalidCursor)
})
