import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aPng, aSession } from '@holdfast/testkit'
import type { LostOperations } from './lost-scene.ts'
import { theatreTime } from './theatre-scene.ts'

/** What the clinic's people change besides single bookings. */
export const lostDeskOperations = {
  withdrawSlot: async ({ rest, aVisit, theatre }) => {
    const { slot } = await aVisit()
    const query = { withBookings: true }
    return (key) => rest.call('withdrawSlot', { path: { slotId: slot.id }, as: theatre.admin, query, key })
  },
  changeSlot: async ({ rest, aVisit, theatre }) => {
    const { slot } = await aVisit()
    const body = { capacity: 4 }
    return (key) => rest.call('changeSlot', { path: { slotId: slot.id }, as: theatre.admin, body, key })
  },
  withdrawSlotsOfDoctor: async ({ rest, aVisit, theatre }) => {
    const { slot, doctor } = await aVisit()
    const day = slot.startsAt.toISOString().slice(0, 10)
    const query = { from: day, to: day, withBookings: true }
    const path = { doctorId: doctor.id }
    return (key) => rest.call('withdrawSlotsOfDoctor', { path, as: theatre.admin, query, key })
  },
  createSlots: async ({ rest, database, theatre }) => {
    const { id: doctorId } = await aDoctor(database, theatre.clinic)
    const startsAt = theatreTime('10:00')
    const body = { slots: [{ startsAt, endsAt: new Date(Date.parse(startsAt) + 900_000).toISOString() }] }
    return (key) => rest.call('createSlots', { path: { doctorId }, as: theatre.admin, body, key })
  },
  createOpenSessions: async ({ rest, database, theatre }) => {
    const { id: doctorId } = await aDoctor(database, theatre.clinic)
    const body = { sessions: [{ startsAt: theatreTime('10:00'), endsAt: theatreTime('12:00') }] }
    return (key) => rest.call('createOpenSessions', { path: { doctorId }, as: theatre.admin, body, key })
  },
  setWorkingHours: async ({ rest, database, theatre }) => {
    const { id: doctorId } = await aDoctor(database, theatre.clinic)
    const bands = [{ weekdays: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '10:00', slotMinutes: 30 }]
    const day = theatreTime('10:00').slice(0, 10)
    const body = { bands, validFrom: day, validUntil: day }
    return (key) => rest.call('setWorkingHours', { path: { doctorId }, as: theatre.admin, body, key })
  },
  withdrawOpenSession: async ({ rest, database, theatre }) => {
    const doctor = await aDoctor(database, theatre.clinic)
    const { id: sessionId } = await aSession(database, doctor)
    const path = { doctorId: doctor.id, sessionId }
    return (key) => rest.call('withdrawOpenSession', { path, as: theatre.admin, key })
  },
  updateMessageSettings: async ({ rest, theatre: { path, admin } }) => {
    const body = { textBefore: randomUUID() }
    return (key) => rest.call('updateMessageSettings', { path, as: admin, body, key })
  },
  planReminders: async ({ rest, theatre: { path, admin } }) => {
    return (key) => rest.call('planReminders', { path, as: admin, body: {}, key })
  },
  updateClinic: async ({ rest, theatre: { path, admin } }) => {
    const body = { name: `Clinic ${randomUUID()}` }
    return (key) => rest.call('updateClinic', { path, as: admin, body, key })
  },
  createInvitation: async ({ rest, theatre: { path, admin } }) => {
    const body = { email: `${randomUUID()}@example.org`, role: 'staff' }
    return (key) => rest.call('createInvitation', { path, as: admin, body, key })
  },
  createDoctor: async ({ rest, theatre: { clinic, admin } }) => {
    const body = { clinicId: clinic.id, name: 'Dr', specialization: 'Cardiology', appointmentTypes: ['in_person'] }
    return (key) => rest.call('createDoctor', { as: admin, body, key })
  },
  updateDoctor: async ({ rest, database, theatre: { clinic, admin } }) => {
    const { id: doctorId } = await aDoctor(database, clinic)
    return (key) => rest.call('updateDoctor', { path: { doctorId }, as: admin, body: { active: false }, key })
  },
  createWebhook: async ({ rest, database, theatre: { clinic, path, admin } }) => {
    // A clinic may have few.
    await database.ownerPool.query('delete from holdfast.webhook where clinic_no = $1', [clinic.no])
    const body = { url: 'https://example.org/hook', events: ['booking.confirmed'] }
    return (key) => rest.call('createWebhook', { path, as: admin, body, key })
  },
  erasePatients: async ({ rest, anEntry, theatre: { path, admin } }) => {
    const { body, cancel } = await anEntry()
    await rest.call('createWaitlistEntry', { body })
    await cancel()
    const { email } = body.patient
    return (key) => rest.call('erasePatients', { path, as: admin, body: { email }, key })
  },
  cancelBookingBurst: async ({ rest, aBurst, theatre: { path, admin } }) => {
    const burstId = await aBurst()
    return (key) => rest.call('cancelBookingBurst', { path: { ...path, burstId }, as: admin, body: { hours: 24 }, key })
  },
  sendMessage: async ({ rest, aMessage, theatre: { path, admin } }) => {
    const messageId = await aMessage()
    return (key) => rest.call('sendMessage', { path: { ...path, messageId }, as: admin, key })
  },
  rotateWebhookSecret: async ({ rest, aWebhook, theatre: { admin } }) => {
    const path = await aWebhook()
    return (key) => rest.call('rotateWebhookSecret', { path, as: admin, key })
  },
  replayWebhook: async ({ rest, aWebhook, theatre: { admin } }) => {
    const path = await aWebhook()
    return (key) => rest.call('replayWebhook', { path, as: admin, body: { after: null }, key })
  },
  testWebhook: async ({ rest, aWebhook, theatre: { admin } }) => {
    const path = await aWebhook()
    return (key) => rest.call('testWebhook', { path, as: admin, key })
  },
  deleteWebhook: async ({ rest, aWebhook, theatre: { admin } }) => {
    const path = await aWebhook()
    return (key) => rest.call('deleteWebhook', { path, as: admin, key })
  },
  createClosure: async ({ rest, aClosedDay, theatre: { path, admin } }) => {
    const body = await aClosedDay()
    return (key) => rest.call('createClosure', { path, as: admin, body, key })
  },
  updateClosure: async ({ rest, aClosure, theatre: { admin } }) => {
    const { path, body } = await aClosure()
    const longer = { to: `${Temporal.PlainDate.from(body.to).add({ days: 1 })}` }
    return (key) => rest.call('updateClosure', { path, as: admin, body: longer, key })
  },
  deleteClosure: async ({ rest, aClosure, theatre: { admin } }) => {
    const { path } = await aClosure()
    return (key) => rest.call('deleteClosure', { path, as: admin, key })
  },
  createClinicCalendarFeed: async ({ rest, theatre: { path, admin } }) => {
    return (key) => rest.call('createClinicCalendarFeed', { path, as: admin, body: {}, key })
  },
  updateClinicCalendarFeed: async ({ rest, theatre: { path, admin }, other }) => {
    const body = { patientNames: other() }
    return (key) => rest.call('updateClinicCalendarFeed', { path, as: admin, body, key })
  },
  setBusyCalendar: async ({ rest, database, theatre: { clinic, admin } }) => {
    const { id: doctorId } = await aDoctor(database, clinic)
    const body = { url: 'https://calendar.example.org/busy.ics' }
    return (key) => rest.call('setBusyCalendar', { path: { doctorId }, as: admin, body, key })
  },
  changeMember: async ({ rest, theatre: { clinic, path, admin } }) => {
    const { id: accountId } = await rest.aMember(clinic.no, 'staff')
    const body = { role: 'admin' }
    return (key) => rest.call('changeMember', { path: { ...path, accountId }, as: admin, body, key })
  },
  removeMember: async ({ rest, theatre: { clinic, path, admin } }) => {
    const { id: accountId } = await rest.aMember(clinic.no, 'staff')
    return (key) => rest.call('removeMember', { path: { ...path, accountId }, as: admin, key })
  },
  revokeInvitation: async ({ rest, theatre: { path, admin } }) => {
    const body = { email: `${randomUUID()}@example.org`, role: 'staff' }
    const { body: invited } = await rest.call('createInvitation', { path, as: admin, body })
    const one = { ...path, invitationId: invited.id }
    return (key) => rest.call('revokeInvitation', { path: one, as: admin, key })
  },
  acceptInvitation: async ({ rest, theatre: { path, admin } }) => {
    const as = rest.anAccount()
    const invitation = { email: as.email, role: 'staff' }
    const { body: invited } = await rest.call('createInvitation', { path, as: admin, body: invitation })
    const body = { token: invited.link.slice(invited.link.indexOf('#') + 1) }
    return (key) => rest.call('acceptInvitation', { as, body, key })
  },
  createClinic: async ({ rest }) => {
    const as = rest.anAccount({ siteAdministrator: true })
    // The account is stored with its first request.
    await rest.call('whoAmI', { as })
    const body = { name: `Clinic ${randomUUID()}`, timezone: 'UTC' }
    return (key) => rest.call('createClinic', { as, body, key })
  },
  setClinicLogo: async ({ rest, theatre: { path, admin } }) => {
    const body = { image: aPng({}, [randomUUID()]).toString('base64') }
    return (key) => rest.call('setClinicLogo', { path, as: admin, body, key })
  },
  deleteClinicLogo: async ({ rest, theatre: { path, admin } }) => {
    await rest.call('setClinicLogo', { path, as: admin, body: { image: aPng().toString('base64') } })
    return (key) => rest.call('deleteClinicLogo', { path, as: admin, key })
  },
  updateClinicSecurity: async ({ rest, database }) => {
    const clinic = await aClinic(database)
    const admin = Object.assign(await rest.aMember(clinic.no, 'admin'), { secondFactorAt: new Date() })
    const path = { clinicId: clinic.id }
    const body = { rolesNeedSecondFactor: true }
    return (key) => rest.call('updateClinicSecurity', { path, as: admin, body, key })
  },
  updateBookingLimits: async ({ rest, theatre: { path, admin }, other }) => {
    const body = { guestUnitsMax: other() ? 3 : 4 }
    return (key) => rest.call('updateBookingLimits', { path, as: admin, body, key })
  },
  setVideoRoom: async ({ rest, database, theatre: { clinic, admin } }) => {
    const path = { doctorId: (await aDoctor(database, clinic)).id }
    const body = { url: 'https://meet.example.org/{room}' }
    return (key) => rest.call('setVideoRoom', { path, as: admin, body, key })
  },
  updateWebhook: async ({ rest, aWebhook, theatre: { admin } }) => {
    const path = await aWebhook()
    return (key) => rest.call('updateWebhook', { path, as: admin, body: { paused: true }, key })
  },
  createDoctorCalendarFeed: async ({ rest, database, theatre: { clinic, admin } }) => {
    const path = { doctorId: (await aDoctor(database, clinic)).id }
    return (key) => rest.call('createDoctorCalendarFeed', { path, as: admin, body: {}, key })
  },
  deleteDoctorCalendarFeed: async ({ rest, database, theatre: { clinic, admin } }) => {
    const path = { doctorId: (await aDoctor(database, clinic)).id }
    await rest.call('createDoctorCalendarFeed', { path, as: admin, body: {} })
    return (key) => rest.call('deleteDoctorCalendarFeed', { path, as: admin, key })
  },
  deleteClinicCalendarFeed: async ({ rest, theatre: { path, admin } }) => {
    await rest.call('createClinicCalendarFeed', { path, as: admin, body: {} })
    return (key) => rest.call('deleteClinicCalendarFeed', { path, as: admin, key })
  },
  deleteBusyCalendar: async ({ rest, database, theatre: { clinic, admin } }) => {
    const path = { doctorId: (await aDoctor(database, clinic)).id }
    const body = { url: 'https://calendar.example.org/busy.ics' }
    await rest.call('setBusyCalendar', { path, as: admin, body })
    return (key) => rest.call('deleteBusyCalendar', { path, as: admin, key })
  },
} satisfies LostOperations
