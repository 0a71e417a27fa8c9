import { randomUUID } from 'node:crypto'
import type { AuditKind } from '@holdfast/contract'
import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { auditedWrites, type WriteOperationId } from './audited-writes.ts'
import type { LostScene } from './lost-scene.ts'
import { aTheatre, theatreTime } from './theatre-scene.ts'

/** Sends the prepared request, each time the same one, with this Idempotency-Key. */
type Send = (key: string) => Promise<{ status: number; problem: { detail: string } }>
type Prepare = (scene: LostScene) => Promise<Send>

const dayMs = 86_400_000

export const lostOperations: Record<string, Prepare> = {
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
  withdrawSlot: async ({ rest, aVisit, theatre }) => {
    const { slot } = await aVisit()
    const query = { withBookings: true }
    return (key) => rest.call('withdrawSlot', { path: { slotId: slot.id }, as: theatre.admin, query, key })
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
  setMyMessageChoices: async ({ rest }) => {
    const as = rest.anAccount()
    const body = { reminderEmails: false, smsKindsOff: [], language: 'de' }
    return (key) => rest.call('setMyMessageChoices', { as, body, key })
  },
  updateMessageSettings: async ({ rest, theatre: { path, admin } }) => {
    const body = { textBefore: randomUUID() }
    return (key) => rest.call('updateMessageSettings', { path, as: admin, body, key })
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
  createRoom: async ({ rest, theatre: { path, admin } }) => {
    const body = { name: `OR ${randomUUID().slice(0, 8)}` }
    return (key) => rest.call('createRoom', { path, as: admin, body, key })
  },
  createWebhook: async ({ rest, theatre: { path, admin } }) => {
    const body = { url: 'https://example.org/hook', events: ['booking.confirmed'] }
    return (key) => rest.call('createWebhook', { path, as: admin, body, key })
  },
  createCase: async ({ theatre, aTime }) => {
    const body = theatre.newCase({ startsAt: aTime(), minutes: 30 })
    return (key) => theatre.book({}, { body, key })
  },
  'createCase with a bump': async ({ theatre, aTime }) => {
    const startsAt = aTime()
    const { body: elective } = await theatre.book({ startsAt, minutes: 30, confirm: true })
    const bump = { caseIds: [elective.id], reason: 'Bleeding' }
    const body = theatre.newCase({ startsAt, minutes: 30, urgency: 'immediate', bump })
    return (key) => theatre.book({}, { body, key })
  },
  moveCase: async ({ rest, theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const startsAt = aTime()
    return (key) => rest.call('moveCase', { path: { caseId: elective.id }, as: theatre.staff, body: { startsAt }, key })
  },
  swapCases: async ({ rest, theatre, aTime }) => {
    const { body: one } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const { body: other } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const body = { caseId: other.id }
    return (key) => rest.call('swapCases', { path: { caseId: one.id }, as: theatre.staff, body, key })
  },
  extendCase: async ({ rest, theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: aTime(), minutes: 30, confirm: true })
    const body = { expectedEndsAt: new Date(Date.parse(elective.endsAt) + 600_000).toISOString() }
    return (key) => rest.call('extendCase', { path: { caseId: elective.id }, as: theatre.staff, body, key })
  },
  changeBlock: async (scene) => {
    const { rest, theatre } = scene
    const path = await aBlock(scene)
    return (key) => rest.call('changeBlock', { path, as: theatre.admin, body: { action: 'release' }, key })
  },
  withdrawBlock: async (scene) => {
    const { rest, theatre } = scene
    const path = await aBlock(scene)
    return (key) => rest.call('withdrawBlock', { path, as: theatre.admin, key })
  },
  createCaseRequest: async ({ rest, theatre }) => {
    const { path, staff, newCase } = theatre
    const { patient, procedure, surgeonId } = newCase()
    const body = { service: 'Orthopaedics', procedure, minutes: 30, surgeonId, patient }
    return (key) => rest.call('createCaseRequest', { path, as: staff, body, key })
  },
  withdrawCaseRequest: async ({ rest, theatre: { path, staff, newCase } }) => {
    const { patient, procedure } = newCase()
    const wanted = { service: 'Urology', procedure, minutes: 30, patient }
    const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body: wanted })
    return (key) => rest.call('withdrawCaseRequest', { path: { requestId: request.id }, as: staff, key })
  },
  fillBlock: async (scene) => {
    const { rest, clinicPath: path, staff: as, blockId, requestBody } = await anEmptyBlock(scene)
    for (let n = 0; n < 2; n += 1) await rest.call('createCaseRequest', { path, as, body: requestBody() })
    return (key) => rest.call('fillBlock', { path: { ...path, blockId }, as, body: { confirm: true }, key })
  },
  createBlocks: async ({ rest, theatre: { path, admin, roomTwo }, aTime }) => {
    const from = aTime()
    const to = new Date(Date.parse(from) + 3_000_000).toISOString()
    return (key) => rest.call('createBlocks', { path, as: admin, body: { roomId: roomTwo.id, from, to }, key })
  },
  eraseTheatrePatient: async ({ rest, theatre, aTime }) => {
    const { path, admin, staff } = theatre
    const { body: booked } = await theatre.book({ startsAt: aTime(), minutes: 30 })
    await rest.call('cancelCase', { path: { caseId: booked.id }, as: staff, body: { reasonCode: 'patient_cancelled' } })
    const body = { mrn: booked.patient?.mrn ?? '' }
    return (key) => rest.call('eraseTheatrePatient', { path, as: admin, body, key })
  },
  'eraseTheatrePatient with a request alone': async ({ rest, theatre }) => {
    const { path, admin, staff, newCase } = theatre
    const { patient, procedure } = newCase()
    const wanted = { service: 'Urology', procedure, minutes: 30, patient }
    const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body: wanted })
    await rest.call('withdrawCaseRequest', { path: { requestId: request.id }, as: staff })
    return (key) => rest.call('eraseTheatrePatient', { path, as: admin, body: { mrn: patient.mrn }, key })
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
}

/** Patients themselves send these: the security log has only what the desk does. */
const ofPatients: readonly string[] = ['leaveWaitlist with an offer']

/** What the security log has of an operation; null: nothing. */
export function auditKindOf(name: string): AuditKind | null {
  const audited = auditedWrites[operationOf(name)]
  return typeof audited !== 'string' || ofPatients.includes(name) ? null : audited
}

/** `fillBlock with no requests` is one way to call `fillBlock`. */
function operationOf(name: string): WriteOperationId {
  const operation = name.split(' ')[0] ?? ''
  if (!(operation in auditedWrites)) throw new Error(`The contract has no write ${operation}.`)
  return operation as WriteOperationId
}

/** A retry does not find what the first request has removed, or replaced its token. */
export const goneAfterwards: readonly string[] = [
  'deleteWebhook',
  'removeMember',
  'revokeInvitation',
  'renewManageToken',
]

async function aBlock({ rest, theatre: { path, admin, roomTwo }, aTime }: LostScene) {
  const from = aTime()
  const to = new Date(Date.parse(from) + 3_000_000).toISOString()
  const body = { roomId: roomTwo.id, service: 'Orthopaedics', from, to }
  const { body: created } = await rest.call('createBlocks', { path, as: admin, body })
  return { ...path, blockId: created.items[0]?.blockId ?? '' }
}

/** In a clinic without other requests. */
async function anEmptyBlock({ rest, database }: LostScene) {
  const { path: clinicPath, admin, staff, roomOne, newCase } = await aTheatre(database, rest)
  const body = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('10:00') }
  const { body: created } = await rest.call('createBlocks', { path: clinicPath, as: admin, body })
  const requestBody = () => {
    const { patient, procedure, surgeonId } = newCase()
    return { service: 'Orthopaedics', procedure, minutes: 30, surgeonId, patient }
  }
  return { rest, clinicPath, staff, blockId: created.items[0]?.blockId ?? '', requestBody }
}
