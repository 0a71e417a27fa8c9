import { randomUUID } from 'node:crypto'
import type { VisitQuestion } from '@holdfast/engine'
import { aClinic, aDoctor, aQuestion, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import type { LostOperations, LostScene } from './lost-scene.ts'

const dayMs = 86_400_000

const ofPatient = async ({ aVisit }: LostScene) => {
  const { path, token } = await aVisit()
  return { path, token }
}

async function anAnsweredVisit({ rest, database, theatre }: LostScene, question: VisitQuestion, value: string | true) {
  const session = await aSession(database, await aDoctor(database, theatre.clinic))
  const { id: visitTypeId } = await aVisitType(database, theatre.clinic, { questions: [question] })
  const { body: booking } = await rest.call('createBooking', {
    body: {
      sessionId: session.id,
      startsAt: session.startsAt.toISOString(),
      visitTypeId,
      patient: { name: 'Ada' },
      answers: [{ questionId: question.id, value, version: question.version }],
      confirm: true,
    },
  })
  return { booking, question }
}

async function aPerson({ rest }: LostScene) {
  const as = rest.anAccount()
  const { body } = await rest.call('createMyPerson', { as, body: { name: 'Mia' } })
  return { as, path: { personId: body.id } }
}

/** What patients and the clinic's people do with appointments and the waitlist. */
export const lostPatientOperations = {
  createBooking: async ({ database, theatre }) => {
    const slot = await aSlot(database, await aDoctor(database, theatre.clinic))
    return { body: { slotId: slot.id, patient: { name: 'A' }, confirm: true } }
  },
  cancelBooking: ofPatient,
  confirmAttendance: async ({ aVisit }) => {
    const { path, token, slot } = await aVisit()
    return { path, token, body: { slotId: slot.id } }
  },
  'rescheduleBooking to a time': async ({ database, aVisit }) => {
    const { path, token, doctor } = await aVisit()
    const session = await aSession(database, doctor)
    const type = await aVisitType(database, { no: doctor.clinicNo })
    const body = { sessionId: session.id, startsAt: session.startsAt.toISOString(), visitTypeId: type.id }
    return { path, token, body }
  },
  rescheduleBooking: async ({ database, aVisit }) => {
    const { path, token, doctor } = await aVisit()
    const { id: slotId } = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 4 * dayMs) })
    return { path, token, body: { slotId } }
  },
  linkBooking: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    return { path, as: rest.anAccount(), body: { manageToken: token } }
  },
  renewManageToken: ofPatient,
  'confirmBooking by link': async ({ rest, database }) => {
    const clinic = await aClinic(database)
    const slot = await aSlot(database, await aDoctor(database, clinic))
    await rest.engine.messages.changeSettings(clinic.no, { confirmByLink: true, confirmMinutes: 15 })
    const { body: booking } = await rest.call('createBooking', { body: { slotId: slot.id } })
    const body = { patient: { name: 'Ada', email: 'ada@example.org' } }
    return { path: { bookingId: booking.id }, token: booking.manageToken, body }
  },
  erasePatient: async ({ rest, aVisit }) => {
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    return { path, body: {} }
  },
  createWaitlistEntry: async ({ anEntry }) => ({ body: (await anEntry()).body }),
  'leaveWaitlist with an offer': async ({ rest, anEntry }) => {
    const { body, cancel } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    await cancel()
    return { path: { entryId: entry.id }, token: entry.manageToken }
  },
  'leaveWaitlist by the desk': async ({ rest, anEntry }) => {
    const { body } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    return { path: { entryId: entry.id } }
  },
  correctWaitlistEntry: async ({ rest, anEntry }) => {
    const { body } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    return { path: { entryId: entry.id }, body: { patient: { name: 'Ada Corrected' } } }
  },
  setMyMessageChoices: async ({ rest }) => {
    return { as: rest.anAccount(), body: { reminderEmails: false, smsKindsOff: [], language: 'de' } }
  },
  createMyPerson: async ({ rest }) => ({ as: rest.anAccount(), body: { name: 'Mia', birthDate: '2019-04-03' } }),
  updateMyPerson: async (its) => ({ ...(await aPerson(its)), body: { name: 'Mia King' } }),
  deleteMyPerson: aPerson,
  confirmBooking: async ({ aHold }) => ({ ...(await aHold()), body: { patient: { name: 'Ada' } } }),
  extendBooking: ({ aHold }) => aHold(),
  withdrawAttendance: async ({ rest, aVisit, theatre }) => {
    const { path, token, slot } = await aVisit()
    const body = { slotId: slot.id }
    await rest.call('confirmAttendance', { path, token, body })
    return { path, as: theatre.staff, body }
  },
  withdrawConsent: async (its) => {
    const { booking, question } = await anAnsweredVisit(its, aQuestion('consent'), true)
    return { path: { bookingId: booking.id, questionId: question.id }, token: booking.manageToken }
  },
  correctAnswers: async (its) => {
    const { booking, question } = await anAnsweredVisit(its, aQuestion('text'), 'Penicillin')
    const body = { version: 1, answers: [{ questionId: question.id, value: 'None' }] }
    return { path: { bookingId: booking.id }, as: its.theatre.staff, body }
  },
  correctPatient: async ({ aVisit, theatre }) => {
    return { path: (await aVisit()).path, as: theatre.staff, body: { patient: { email: 'right@example.org' } } }
  },
  arriveBooking: async ({ aBegunVisit, theatre }) => ({ path: await aBegunVisit('CONFIRMED'), as: theatre.staff }),
  completeBooking: async ({ aBegunVisit, theatre }) => ({ path: await aBegunVisit('ARRIVED'), as: theatre.staff }),
  noShowBooking: async ({ aBegunVisit, theatre }) => ({ path: await aBegunVisit('CONFIRMED'), as: theatre.staff }),
  // It could be reopened once more.
  'reopenBooking that is completed': async ({ aBegunVisit, theatre }) => {
    return { path: await aBegunVisit('COMPLETED'), as: theatre.staff }
  },
  sendTicketLink: async ({ aVisit, theatre }) => {
    const { slot, path } = await aVisit()
    const [day, reference] = [slot.startsAt.toISOString().slice(0, 10), path.bookingId.slice(-8)]
    return { body: { clinicId: theatre.clinic.id, day, reference, email: 'ada@example.org' } }
  },
  sendWaitlistLinks: async ({ theatre }) => {
    return { body: { clinicId: theatre.clinic.id, email: `${randomUUID()}@example.org` } }
  },
  renewWaitlistToken: async ({ rest, anEntry }) => {
    const { body } = await anEntry()
    const { body: entry } = await rest.call('createWaitlistEntry', { body })
    return { path: { entryId: entry.id }, token: entry.manageToken }
  },
  leaveWaitlistByLink: async ({ rest, anEntry, unsubscribeTokens }) => {
    const { body: wanted } = await anEntry()
    const { id: entryId } = (await rest.call('createWaitlistEntry', { body: wanted })).body
    return { body: { entryId, token: unsubscribeTokens.issue(entryId, wanted.patient.email) } }
  },
  chooseReminders: async ({ aReminder }) => {
    return { body: { ...(await aReminder(`${randomUUID()}@example.org`)), reminders: false } }
  },
  deleteMyReminderOptOut: async ({ rest, aReminder }) => {
    const as = rest.anAccount()
    await rest.call('chooseReminders', { body: { ...(await aReminder(as.email)), reminders: false } })
    return { as }
  },
  createMyCalendarFeed: async ({ rest }) => ({ as: rest.anAccount(), body: {} }),
  deleteMyCalendarFeed: async ({ rest }) => {
    const as = rest.anAccount()
    await rest.call('createMyCalendarFeed', { as, body: {} })
    return { as }
  },
} satisfies LostOperations
