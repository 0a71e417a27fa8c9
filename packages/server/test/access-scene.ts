import { type Operation, restOperations } from '@holdfast/contract'
import { newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import type { CallOptions, OperationId, RestApp } from './rest-app.ts'

export type Scene = Awaited<ReturnType<typeof aScene>>

/** A clinic with two doctors, a booked slot of the first, its members, and people from elsewhere. */
export async function aScene(database: TestDatabase, rest: RestApp) {
  const [clinic, other] = [await aClinic(database), await aClinic(database)]
  const [doctor, colleague] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const slot = await aSlot(database, doctor)
  const owner = rest.anAccount()
  const booking = await aBooking(database, slot, { accountId: owner.id })
  return {
    ids: {
      clinicId: clinic.id,
      doctorId: doctor.id,
      slotId: slot.id,
      bookingId: booking.id,
      accountId: newId(clinic.no),
      burstId: newId(clinic.no),
      invitationId: newId(clinic.no),
      ownerId: owner.id,
    },
    unknownIds: {
      clinicId: newId(clinic.no),
      doctorId: newId(clinic.no),
      slotId: newId(clinic.no),
      bookingId: newId(clinic.no),
      accountId: newId(clinic.no),
      burstId: newId(clinic.no),
      invitationId: newId(clinic.no),
      ownerId: owner.id,
    },
    clinic,
    doctor,
    token: rest.manageTokens.issue(booking.id, { accountId: owner.id, epoch: 0 }),
    otherToken: rest.manageTokens.issue(newId(clinic.no)),
    owner,
    stranger: rest.anAccount(),
    staff: await rest.aMember(clinic.no, 'staff'),
    admin: await rest.aMember(clinic.no, 'admin'),
    ownDoctor: await rest.aMember(clinic.no, 'doctor', doctor.id),
    colleague: await rest.aMember(clinic.no, 'doctor', colleague.id),
    otherAdmin: await rest.aMember(other.no, 'admin'),
    site: rest.anAccount({ siteAdministrator: true }),
  }
}

export type Ids = Record<string, string>

/** A request that succeeds for a caller who may make it. */
const requests: Partial<Record<OperationId, (ids: Ids, rest: RestApp) => Pick<CallOptions, 'query' | 'body'>>> = {
  createClinic: () => ({ body: { name: 'New', timezone: 'UTC' } }),
  updateClinic: () => ({ body: { phone: '1' } }),
  updateBookingLimits: () => ({ body: { guestUnitsMax: 4 } }),
  updateClinicSecurity: () => ({ body: { rolesNeedSecondFactor: false } }),
  cancelBookingBurst: () => ({ body: { hours: 24 } }),
  createDoctor: ({ clinicId }) => ({ body: { clinicId, name: 'Dr', specialization: 'X' } }),
  updateDoctor: () => ({ body: { experienceYears: 3 } }),
  setVideoRoom: () => ({ body: { url: 'https://meet.example.org/{room}' } }),
  createSlots: () => ({
    query: { dryRun: true },
    body: {
      rule: {
        from: '2026-12-01',
        to: '2026-12-01',
        weekdays: [1, 2, 3, 4, 5, 6, 7],
        startTime: '09:00',
        endTime: '10:00',
      },
    },
  }),
  withdrawSlot: () => ({ query: { dryRun: true, withBookings: true } }),
  withdrawSlotsOfDoctor: () => ({ query: { from: '2031-01-01', to: '2031-01-01', dryRun: true } }),
  rescheduleBooking: ({ slotId }) => ({ body: { slotId } }),
  linkBooking: ({ bookingId = '', ownerId = '' }, rest) => ({
    body: { manageToken: rest.manageTokens.issue(bookingId, { accountId: ownerId, epoch: 0 }) },
  }),
  changeMember: () => ({ body: { role: 'staff' } }),
  erasePatients: () => ({ body: { email: 'nobody@example.org' } }),
  acceptInvitation: () => ({ body: { token: 'no-invitation' } }),
  recordExport: () => ({ body: { what: 'bookings', rows: 1 } }),
  createInvitation: () => ({ body: { email: 'nobody@example.org', role: 'staff' } }),
}

export const operations = Object.entries(restOperations) as [OperationId, Operation][]
export const guarded = operations.filter(([, { access }]) => access !== 'anyone')

/** Sends the request of an operation, which succeeds for a caller who may make it. */
export function send(rest: RestApp, id: OperationId, ids: Ids, who: Pick<CallOptions, 'as' | 'token'>) {
  return rest.call(id, { path: ids, ...requests[id]?.(ids, rest), ...who })
}
