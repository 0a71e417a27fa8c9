import { aBooking, aClinic, aDoctor, aSlot, aWithdrawal, type TestDatabase, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { InvalidCursor } from '../lists/cursor.ts'
import type { BookingEvent } from '../model/booking-event.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { createReads } from './create-reads.ts'

function eventsOf(database: TestDatabase, clinicNo: number, after: string | null = null, limit = 100) {
  return createReads(database.appPool).eventsOfClinic({ clinicNo, after, limit })
}

/**
 * The log when it has `count` events. The horizon belongs to the whole server: an open transaction of another test's
 * database holds it back.
 */
function eventsOnce(database: TestDatabase, clinicNo: number, count: number) {
  return until(async () => {
    const page = await eventsOf(database, clinicNo)
    return page.items.length >= count ? page : undefined
  }, `${count} events of clinic ${clinicNo}`)
}

async function aCalendar(database: TestDatabase) {
  const clinic = await aClinic(database)
  return { clinic, doctor: await aDoctor(database, clinic) }
}

describe('a clinic’s log', () => {
  test('the events of each booking, without patient data', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const booking = await aBooking(database, slot, { units: 2, status: 'PENDING', patient: { name: 'Ana Secret' } })
    await withdrawSlots(database.appPool, aWithdrawal(clinic.no, { slotId: slot.id }))
    const { items, nextCursor } = await eventsOnce(database, clinic.no, 2)
    expect(items).toMatchObject([
      {
        bookingId: booking.id,
        version: 1,
        type: 'held',
        units: 2,
        slotId: slot.id,
        doctorId: doctor.id,
        holdExpiresAt: expect.any(Date),
        reason: null,
      },
      {
        bookingId: booking.id,
        version: 2,
        type: 'failed',
        units: 2,
        holdExpiresAt: null,
        reason: 'slot_withdrawn',
        actorId: null,
        fromSlotId: null,
      },
    ])
    expect(items[0]?.position).toMatch(/^\d+\.\d+\.\d+$/)
    expect(nextCursor).toBeNull()
    expect(JSON.stringify(items)).not.toContain('Secret')
  })

  test('page by page, each event once; never those of other clinics', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const elsewhere = await aCalendar(database)
    for (let n = 0; n < 5; n += 1) {
      await aBooking(database, await aSlot(database, doctor), { status: 'COMPLETED' })
      await aBooking(database, await aSlot(database, elsewhere.doctor))
    }
    const whole = (await eventsOnce(database, clinic.no, 20)).items
    expect(whole).toHaveLength(20)
    const paged: BookingEvent[] = []
    let after: string | null = null
    for (;;) {
      const page = await eventsOf(database, clinic.no, after, 7)
      paged.push(...page.items)
      if (page.nextCursor === null) break
      after = page.nextCursor
      expect(after).toBe(page.items.at(-1)?.position)
    }
    expect(paged).toEqual(whole)
    expect(await eventsOf(database, clinic.no, whole.at(-1)?.position ?? null)).toEqual({ items: [], nextCursor: null })
  })

  test('no event above an open transaction, so that its events are not skipped', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const [slow, fast] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const open = await database.ownerPool.connect()
    await open.query('begin')
    await open.query('select pg_current_xact_id()')
    const later = await aBooking(database, fast)
    // A reader of all committed events would now be after `later`, whose number is higher.
    const naive = await database.appPool.query('select from holdfast.booking_event where clinic_no = $1', [clinic.no])
    expect(naive.rowCount).toBe(2)
    expect((await eventsOf(database, clinic.no)).items).toEqual([])
    await open.query(sql`
      insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
       select ${clinic.no}, ${later.id}, 3, clock_timestamp(), 'arrived', ${slow.id}, ${doctor.id}, 1`)
    await open.query('commit')
    open.release()
    const { items } = await eventsOnce(database, clinic.no, 3)
    expect(items.map((event) => event.version)).toEqual([3, 1, 2])
  })

  test.for(['', 'x', '1', '1.', '.1', '1.1.1.1', '-1.1', '99999999999999999999.1', '1.9999999999999999999', "1.1'"])(
    '%j is no position',
    async (after, { database }) => {
      await expect(eventsOf(database, 1, after)).rejects.toThrow(InvalidCursor)
    },
  )
})
