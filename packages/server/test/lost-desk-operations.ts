import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aPng, aSession, aSlot, aVisitType } from '@holdfast/testkit'
import type { LostOperations, LostScene } from './lost-scene.ts'
import { theatreTime } from './theatre-scene.ts'

const busyCalendar = { url: 'https://calendar.example.org/busy.ics' }

/** What the clinic's people change besides single bookings. */
export const lostDeskOperations = {
  withdrawSlot: async ({ aVisit }) => ({ path: { slotId: (await aVisit()).slot.id }, query: { withBookings: true } }),
  changeSlot: async ({ aVisit }) => ({ path: { slotId: (await aVisit()).slot.id }, body: { capacity: 4 } }),
  withdrawSlotsOfDoctor: async ({ aVisit }) => {
    const { slot, doctor } = await aVisit()
    const day = slot.startsAt.toISOString().slice(0, 10)
    return { path: { doctorId: doctor.id }, query: { from: day, to: day, withBookings: true } }
  },
  createSlots: async ({ aDoctorPath }) => {
    const slot = { startsAt: theatreTime('10:00'), endsAt: theatreTime('10:15') }
    return { path: await aDoctorPath(), body: { slots: [slot] } }
  },
  createBookingSeries: async (scene) => ({ body: (await aSeriesBody(scene)).body }),
  declineBooking: async ({ aHold }) => ({ path: (await aHold()).path }),
  cancelBookingSeries: async (scene) => ({ path: await aSeriesPath(scene), body: {} }),
  moveBookingSeries: async (scene) => ({ path: await aSeriesPath(scene), body: { days: 0, time: '12:00' } }),
  moveBookings: async (scene) => {
    const created = await scene.rest.call('createBookingSeries', await aSeriesRequest(scene))
    const moves = created.body.items.map(({ id: bookingId, startsAt }) => ({
      bookingId,
      startsAt: startsAt.replace('T09', 'T11'),
    }))
    return { body: { moves } }
  },
  createOpenSessions: async ({ aDoctorPath }) => {
    const session = { startsAt: theatreTime('10:00'), endsAt: theatreTime('12:00') }
    return { path: await aDoctorPath(), body: { sessions: [session] } }
  },
  setWorkingHours: async ({ aDoctorPath }) => {
    const bands = [{ weekdays: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '10:00', slotMinutes: 30 }]
    const day = theatreTime('10:00').slice(0, 10)
    return { path: await aDoctorPath(), body: { bands, validFrom: day, validUntil: day } }
  },
  withdrawOpenSession: async ({ database, theatre }) => {
    const doctor = await aDoctor(database, theatre.clinic)
    return { path: { doctorId: doctor.id, sessionId: (await aSession(database, doctor)).id } }
  },
  updateMessageSettings: async () => ({ body: { textBefore: randomUUID() } }),
  planReminders: async () => ({ body: {} }),
  updateClinic: async () => ({ body: { name: `Clinic ${randomUUID()}` } }),
  createInvitation: async () => ({ body: { email: `${randomUUID()}@example.org`, role: 'staff' } }),
  createDoctor: async ({ theatre: { clinic } }) => ({
    body: { clinicId: clinic.id, name: 'Dr', specialization: 'Cardiology', appointmentTypes: ['in_person'] },
  }),
  updateDoctor: async ({ aDoctorPath }) => ({ path: await aDoctorPath(), body: { active: false } }),
  createWebhook: async ({ database, theatre: { clinic } }) => {
    // A clinic may have few.
    await database.ownerPool.query('delete from holdfast.webhook where clinic_no = $1', [clinic.no])
    return { body: { url: 'https://example.org/hook', events: ['booking.confirmed'] } }
  },
  erasePatients: async ({ rest, anEntry }) => {
    const { body, cancel } = await anEntry()
    await rest.call('createWaitlistEntry', { body })
    await cancel()
    return { body: { email: body.patient.email } }
  },
  cancelBookingBurst: async ({ aBurst }) => ({ path: { burstId: await aBurst() }, body: { hours: 24 } }),
  sendMessage: async ({ aMessage }) => ({ path: { messageId: await aMessage() } }),
  rotateWebhookSecret: async ({ aWebhook }) => ({ path: await aWebhook() }),
  replayWebhook: async ({ aWebhook }) => ({ path: await aWebhook(), body: { after: null } }),
  testWebhook: async ({ aWebhook }) => ({ path: await aWebhook() }),
  updateWebhook: async ({ aWebhook }) => ({ path: await aWebhook(), body: { paused: true } }),
  deleteWebhook: async ({ aWebhook }) => ({ path: await aWebhook() }),
  createApiKey: async ({ database, theatre: { clinic } }) => {
    // A clinic may have few.
    await database.ownerPool.query('delete from holdfast.api_key where clinic_no = $1', [clinic.no])
    return { body: { name: 'Laboratory', scopes: ['times:read'] } }
  },
  rotateApiKey: async ({ anApiKey }) => ({ path: await anApiKey(), body: {} }),
  endPreviousApiKey: async ({ rest, anApiKey, theatre: { admin } }) => {
    const path = await anApiKey()
    await rest.call('rotateApiKey', { path, as: admin })
    return { path }
  },
  deleteApiKey: async ({ anApiKey }) => ({ path: await anApiKey() }),
  createClosure: async ({ aClosedDay }) => ({ body: await aClosedDay() }),
  updateClosure: async ({ aClosure }) => {
    const { path, body } = await aClosure()
    return { path, body: { to: `${Temporal.PlainDate.from(body.to).add({ days: 1 })}` } }
  },
  deleteClosure: async ({ aClosure }) => ({ path: (await aClosure()).path }),
  createClinicCalendarFeed: async () => ({ body: {} }),
  updateClinicCalendarFeed: async ({ other }) => ({ body: { patientNames: other() } }),
  setBusyCalendar: async ({ aDoctorPath }) => ({ path: await aDoctorPath(), body: busyCalendar }),
  changeMember: async ({ aStaffPath }) => ({ path: await aStaffPath(), body: { role: 'admin' } }),
  removeMember: async ({ aStaffPath }) => ({ path: await aStaffPath() }),
  revokeInvitation: async (scene) => ({ path: { invitationId: (await anInvitation(scene)).id } }),
  acceptInvitation: async (scene) => {
    const as = scene.rest.anAccount()
    const { link } = await anInvitation(scene, as.email)
    return { as, body: { token: link.slice(link.indexOf('#') + 1) } }
  },
  createClinic: async ({ rest }) => {
    const as = rest.anAccount({ siteAdministrator: true })
    // The account is stored with its first request.
    await rest.call('whoAmI', { as })
    return { as, body: { name: `Clinic ${randomUUID()}`, timezone: 'UTC' } }
  },
  setClinicLogo: async () => ({ body: { image: aPng({}, [randomUUID()]).toString('base64') } }),
  deleteClinicLogo: async ({ rest, theatre: { path, admin } }) => {
    await rest.call('setClinicLogo', { path, as: admin, body: { image: aPng().toString('base64') } })
    return {}
  },
  updateClinicSecurity: async ({ rest, database }) => {
    const clinic = await aClinic(database)
    const as = Object.assign(await rest.aMember(clinic.no, 'admin'), { secondFactorAt: new Date() })
    return { path: { clinicId: clinic.id }, as, body: { rolesNeedSecondFactor: true } }
  },
  updateBookingLimits: async ({ other }) => ({ body: { guestUnitsMax: other() ? 3 : 4 } }),
  setVideoRoom: async ({ aDoctorPath }) => {
    return { path: await aDoctorPath(), body: { url: 'https://meet.example.org/{room}' } }
  },
  createDoctorCalendarFeed: async ({ aDoctorPath }) => ({ path: await aDoctorPath(), body: {} }),
  deleteDoctorCalendarFeed: async ({ rest, aDoctorPath, theatre: { admin } }) => {
    const path = await aDoctorPath()
    await rest.call('createDoctorCalendarFeed', { path, as: admin, body: {} })
    return { path }
  },
  deleteClinicCalendarFeed: async ({ rest, theatre: { path, admin } }) => {
    await rest.call('createClinicCalendarFeed', { path, as: admin, body: {} })
    return {}
  },
  deleteBusyCalendar: async ({ rest, aDoctorPath, theatre: { admin } }) => {
    const path = await aDoctorPath()
    await rest.call('setBusyCalendar', { path, as: admin, body: busyCalendar })
    return { path }
  },
  createVisitType: async ({ database, theatre: { clinic } }) => {
    // A clinic may have few.
    await database.ownerPool.query('delete from holdfast.visit_type_doctor where clinic_no = $1', [clinic.no])
    await database.ownerPool.query('delete from holdfast.visit_type where clinic_no = $1', [clinic.no])
    const { id: doctorId } = await aDoctor(database, clinic)
    return { body: { name: 'First visit', minutes: 40, doctors: [{ doctorId, minutes: 50 }] } }
  },
  updateVisitType: async ({ rest, aDoctorPath, theatre: { path, admin } }) => {
    const body = { name: 'First visit', minutes: 40 }
    const { body: created } = await rest.call('createVisitType', { path, as: admin, body })
    const { doctorId } = await aDoctorPath()
    return { path: { visitTypeId: created.id }, body: { active: false, minutes: 30, doctorIds: [doctorId] } }
  },
  combineVisitTypes: async ({ database, theatre: { clinic } }) => {
    await aDoctor(database, clinic)
    const aPart = () => aVisitType(database, clinic, { combinable: true })
    return { body: { visitTypeIds: [(await aPart()).id, (await aPart()).id] } }
  },
  createVisitResource: async () => ({ body: { kind: 'device', name: `Ultrasound ${randomUUID()}`, units: 2 } }),
  updateVisitResource: async ({ rest, theatre: { path, admin } }) => {
    const name = `Ultrasound ${randomUUID()}`
    const body = { kind: 'device', name, units: 2 } as const
    const { body: created } = await rest.call('createVisitResource', { path, as: admin, body })
    return { path: { resourceId: created.id }, body: { active: false, name: `Scanner of ${name}`, units: 1 } }
  },
  createPatient: async ({ theatre: { staff } }) => {
    const body = { name: 'Ada', mrn: `R-${randomUUID()}`, identifiers: [{ system: 's', value: randomUUID() }] }
    return { as: staff, body }
  },
  updatePatient: async (scene) => {
    const { id: patientId, version } = await aRecord(scene)
    return { path: { patientId }, as: scene.theatre.staff, body: { version, phone: '+49 171 2345678' } }
  },
  mergePatients: async (scene) => {
    const [kept, merged] = [await aRecord(scene), await aRecord(scene)]
    const body = { mergedId: merged.id, version: kept.version, mergedVersion: merged.version }
    return { path: { patientId: kept.id }, as: scene.theatre.staff, body }
  },
  unmergePatient: async (scene) => {
    const [kept, merged] = [await aRecord(scene), await aRecord(scene)]
    const { rest, theatre } = scene
    const path = { ...theatre.path, patientId: kept.id }
    const body = { mergedId: merged.id, version: kept.version, mergedVersion: merged.version }
    await rest.call('mergePatients', { path, as: theatre.staff, body })
    const { version } = (await rest.call('getPatient', { path: { ...path, patientId: merged.id }, as: theatre.staff }))
      .body
    return { path: { patientId: merged.id }, as: theatre.staff, body: { version } }
  },
  linkBookingToPatient: async (scene) => {
    const { id: patientId } = await aRecord(scene)
    const { booking } = await scene.aVisit()
    return { path: { bookingId: booking.id }, as: scene.theatre.staff, body: { patientId } }
  },
  unlinkBookingFromPatient: async (scene) => {
    const { id: patientId } = await aRecord(scene)
    const { booking } = await scene.aVisit()
    const { rest, theatre } = scene
    const linked = { path: { ...theatre.path, bookingId: booking.id }, as: theatre.staff }
    await rest.call('linkBookingToPatient', { ...linked, body: { patientId } })
    return linked
  },
  erasePatientRecord: async (scene) => ({ path: { patientId: (await aRecord(scene)).id } }),
} satisfies LostOperations

async function anInvitation({ rest, theatre: { path, admin } }: LostScene, email = `${randomUUID()}@example.org`) {
  return (await rest.call('createInvitation', { path, as: admin, body: { email, role: 'staff' } })).body
}

async function aRecord({ rest, theatre: { path, staff } }: LostScene) {
  const body = { name: 'Ada', mrn: `R-${randomUUID()}` }
  return (await rest.call('createPatient', { path, as: staff, body })).body
}

/** Two visits, on the same time of two days. */
async function aSeriesBody({ database, theatre: { clinic } }: LostScene) {
  const doctor = await aDoctor(database, clinic)
  const starts = [3, 4].map((day) =>
    Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), new Date().getUTCDate() + day),
  )
  for (const hours of [9, 11]) {
    for (const start of starts) await aSlot(database, doctor, { startsAt: new Date(start + hours * 3_600_000) })
  }
  const startsAt = new Date((starts[0] ?? 0) + 9 * 3_600_000).toISOString()
  return { body: { doctorId: doctor.id, startsAt, every: 1, unit: 'day', count: 2, patient: { name: 'Ada' } } as const }
}

async function aSeriesRequest(scene: LostScene) {
  return { ...(await aSeriesBody(scene)), as: scene.theatre.admin }
}

async function aSeriesPath(scene: LostScene) {
  const created = await scene.rest.call('createBookingSeries', await aSeriesRequest(scene))
  return { seriesId: created.body.id ?? '' }
}
