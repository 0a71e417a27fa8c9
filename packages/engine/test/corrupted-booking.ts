import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { verify } from '../src/verify/verify.ts'

/** A confirmed booking, which a test changes by hand, and what `verify` finds of its clinic. */
export async function aCorruptedBooking(database: TestDatabase, overrides: { units?: number } = {}) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 10 })
  const booking = await aBooking(database, slot, { status: 'CONFIRMED', ...overrides })
  return {
    slot,
    booking,
    findings: async () => (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 100 })).details,
    /** Runs a statement as the owner; $1 and $2 are the clinic number and id of the booking. */
    corrupt: (statement: string) => database.ownerPool.query(statement, [clinic.no, booking.id]),
  }
}
