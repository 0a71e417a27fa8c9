import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import type { LostOperations } from './lost-scene.ts'

const dayMs = 86_400_000

/** What patients and the clinic's people do with appointments and the waitlist. */
export const lostPatientOperations = {
  createBooking: async ({ rest, database, theatre }) => {
    const slot = await aSlot(database, await aDoctor(database, theatre.clinic))
    return (key) =>
      rest.call('createBooking', { body: { slotId: slot.id, patient: { name: 'A' }, confirm: true }, key })
  },
  cancelBooking: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    return (key) => rest.call('cancelBooking', { path, token, key })
  },
  confirmAttendance: async ({ rest, aVisit }) => {
    const { path, token, slot } = await aVisit()
    return (key) => rest.call('confirmAttendance', { path, token, body: { slotId: slot.id }, key })
  },
  'rescheduleBooking to a time': async ({ rest, database, aVisit }) => {
    const { path, token, doctor } = await aVisit()
    const session = await aSession(database, doctor)
    const type = await aVisitType(database, { no: doctor.clinicNo })
    const body = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
    return (key) => rest.call('rescheduleBooking', { path, token, body, key })
  },
  rescheduleBooking: async ({ rest, database, aVisit }) => {
    const { path, token, doctor } = await aVisit()
    const { id: slotId } = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 4 * dayMs) })
    return (key) => rest.call('rescheduleBooking', { path, token, body: { slotId }, key })
  },
  linkBooking: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    const as = rest.anAccount()
    return (key) => rest.call('linkBooking', { path, as, body: { manageToken: token }, key })
  },
  renewManageToken: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    return (key) => rest.call('renewManageToken', { path, token, key })
  },
  'confirmBooking by link': async ({ rest, database }) => {
    const clinic = await aClinic(database)
    const slot = await aSlot(database, await aDoctor(database, clinic))
    await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 15 })
    const { body: booking } = await rest.call('createBooking', { body: { slotId: slot.id } })
    const body = { patient: { name: 'Ada', email: 'ada@example.org' } }
    const token = booking.manageToken ?? ''
    return (key) => rest.call('confirmBooking', { path: { bookingId: booking.id }, token, body, key })
  },
  erasePatient: async ({ rest, aVisit, theatre }) => {
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    return (key) => rest.call('erasePatient', { path, as: theatre.admin, body: {}, key })
  },
  createWaitlistEntry: async ({ rest, anEntry }) => {
    const { body } = await anEntry()
    return (key) => rest.call('createWaitlistEntry', { body, key })
  },
  'leaveWaitlist with an offer': async ({ rest, anEntry }) => {
    const { body, cancel } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    await cancel()
    return (key) => rest.call('leaveWaitlist', { path: { entryId: entry.id }, token: entry.manageToken, key })
  },
  'leaveWaitlist by the desk': async ({ rest, anEntry, theatre }) => {
    const { body } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    return (key) => rest.call('leaveWaitlist', { path: { entryId: entry.id }, as: theatre.admin, key })
  },
  correctWaitlistEntry: async ({ rest, anEntry, theatre }) => {
    const { body } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    const corrected = { patient: { name: 'Ada Corrected' } }
    const path = { entryId: entry.id }
    return (key) => rest.call('correctWaitlistEntry', { path, as: theatre.admin, body: corrected, key })
  },
  setMyMessageChoices: async ({ rest }) => {
    const as = rest.anAccount()
    const body = { reminderEmails: false, smsKindsOff: [], language: 'de' }
    return (key) => rest.call('setMyMessageChoices', { as, body, key })
  },
  confirmBooking: async ({ rest, aHold }) => {
    const hold = await aHold()
    const body = { patient: { name: 'Ada' } }
    return (key) => rest.call('confirmBooking', { ...hold, body, key })
  },
  extendBooking: async ({ rest, aHold }) => {
    const hold = await aHold()
    return (key) => rest.call('extendBooking', { ...hold, key })
  },
  withdrawAttendance: async ({ rest, aVisit, theatre }) => {
    const { path, token, slot } = await aVisit()
    const body = { slotId: slot.id }
    await rest.call('confirmAttendance', { path, token, body })
    return (key) => rest.call('withdrawAttendance', { path, as: theatre.staff, body, key })
  },
  correctPatient: async ({ rest, aVisit, theatre }) => {
    const { path } = await aVisit()
    const body = { patient: { email: 'right@example.org' } }
    return (key) => rest.call('correctPatient', { path, as: theatre.staff, body, key })
  },
  arriveBooking: async ({ rest, aBegunVisit, theatre }) => {
    const path = await aBegunVisit('CONFIRMED')
    return (key) => rest.call('arriveBooking', { path, as: theatre.staff, key })
  },
  completeBooking: async ({ rest, aBegunVisit, theatre }) => {
    const path = await aBegunVisit('ARRIVED')
    return (key) => rest.call('completeBooking', { path, as: theatre.staff, key })
  },
  noShowBooking: async ({ rest, aBegunVisit, theatre }) => {
    const path = await aBegunVisit('CONFIRMED')
    return (key) => rest.call('noShowBooking', { path, as: theatre.staff, key })
  },
  // It could be reopened once more.
  'reopenBooking that is completed': async ({ rest, aBegunVisit, theatre }) => {
    const path = await aBegunVisit('COMPLETED')
    return (key) => rest.call('reopenBooking', { path, as: theatre.staff, key })
  },
  sendTicketLink: async ({ rest, aVisit, theatre }) => {
    const { slot, path } = await aVisit()
    const [day, reference] = [slot.startsAt.toISOString().slice(0, 10), path.bookingId.slice(-8)]
    const body = { clinicId: theatre.clinic.id, day, reference, email: 'ada@example.org' }
    return (key) => rest.call('sendTicketLink', { body, key })
  },
  sendWaitlistLinks: async ({ rest, theatre }) => {
    const body = { clinicId: theatre.clinic.id, email: `${randomUUID()}@example.org` }
    return (key) => rest.call('sendWaitlistLinks', { body, key })
  },
  renewWaitlistToken: async ({ rest, anEntry }) => {
    const { body } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    const path = { entryId: entry.id }
    return (key) => rest.call('renewWaitlistToken', { path, token: entry.manageToken, key })
  },
  leaveWaitlistByLink: async ({ rest, anEntry, unsubscribeTokens }) => {
    const { body: wanted } = await anEntry()
    const { id: entryId } = (await rest.call('createWaitlistEntry', { body: wanted })).body
    const body = { entryId, token: unsubscribeTokens.issue(entryId, wanted.patient.email) }
    return (key) => rest.call('leaveWaitlistByLink', { body, key })
  },
  chooseReminders: async ({ rest, aReminder }) => {
    const body = { ...(await aReminder(`${randomUUID()}@example.org`)), reminders: false }
    return (key) => rest.call('chooseReminders', { body, key })
  },
  deleteMyReminderOptOut: async ({ rest, aReminder, theatre: { path } }) => {
    const as = rest.anAccount()
    await rest.call('chooseReminders', { body: { ...(await aReminder(as.email)), reminders: false } })
    return (key) => rest.call('deleteMyReminderOptOut', { as, path, key })
  },
  createMyCalendarFeed: async ({ rest }) => {
    const as = rest.anAccount()
    return (key) => rest.call('createMyCalendarFeed', { as, body: {}, key })
  },
  deleteMyCalendarFeed: async ({ rest }) => {
    const as = rest.anAccount()
    await rest.call('createMyCalendarFeed', { as, body: {} })
    return (key) => rest.call('deleteMyCalendarFeed', { as, key })
  },
} satisfies LostOperations
