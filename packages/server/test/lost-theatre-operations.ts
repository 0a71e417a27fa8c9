import { randomUUID } from 'node:crypto'
import type { LostOperations, LostScene } from './lost-scene.ts'
import { aTheatre, theatreTime } from './theatre-scene.ts'

/** What is done in the theatre. */
export const lostTheatreOperations = {
  createRoom: async () => ({ body: { name: `OR ${randomUUID().slice(0, 8)}` } }),
  createCase: async ({ theatre, aTime }) => {
    return { as: theatre.staff, body: theatre.newCase({ startsAt: await aTime(), minutes: 30 }) }
  },
  'createCase with a bump': async ({ theatre, aTime }) => {
    const startsAt = await aTime()
    const { body: elective } = await theatre.book({ startsAt, minutes: 30, confirm: true })
    const bump = { caseIds: [elective.id], reason: 'Bleeding' }
    return { as: theatre.staff, body: theatre.newCase({ startsAt, minutes: 30, urgency: 'immediate', bump }) }
  },
  moveCase: async ({ theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const startsAt = await aTime()
    return { path: { caseId: elective.id }, as: theatre.staff, body: { startsAt } }
  },
  swapCases: async ({ theatre, aTime }) => {
    const { body: one } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const { body: other } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    return { path: { caseId: one.id }, as: theatre.staff, body: { caseId: other.id } }
  },
  extendCase: async ({ theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const body = { expectedEndsAt: new Date(Date.parse(elective.endsAt) + 600_000).toISOString() }
    return { path: { caseId: elective.id }, as: theatre.staff, body }
  },
  changeBlock: async (scene) => ({ path: await aBlock(scene), body: { action: 'release' } }),
  withdrawBlock: async (scene) => ({ path: await aBlock(scene) }),
  createCaseRequest: async ({ theatre: { staff, newCase } }) => {
    const { patient, procedure, surgeonId } = newCase()
    return { as: staff, body: { service: 'Orthopaedics', procedure, minutes: 30, surgeonId, patient } }
  },
  changeCaseRequest: async ({ rest, theatre: { path, staff, newCase } }) => {
    const { patient, procedure } = newCase()
    const wanted = { service: 'Urology', procedure, minutes: 30, patient }
    const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body: wanted })
    return { path: { requestId: request.id }, as: staff, body: { version: 1, minutes: 40 } }
  },
  withdrawCaseRequest: async ({ rest, theatre: { path, staff, newCase } }) => {
    const { patient, procedure } = newCase()
    const wanted = { service: 'Urology', procedure, minutes: 30, patient }
    const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body: wanted })
    return { path: { requestId: request.id }, as: staff }
  },
  fillBlock: async (scene) => {
    const { rest, clinicPath: path, staff: as, blockId, requestBody } = await anEmptyBlock(scene)
    for (let n = 0; n < 2; n += 1) await rest.call('createCaseRequest', { path, as, body: requestBody() })
    return { path: { ...path, blockId }, as, body: { confirm: true } }
  },
  createBlocks: async ({ theatre: { roomTwo }, aTime }) => {
    const from = await aTime()
    const to = new Date(Date.parse(from) + 3_000_000).toISOString()
    return { body: { roomId: roomTwo.id, from, to } }
  },
  eraseTheatrePatient: async ({ rest, theatre, aTime }) => {
    const { body: booked } = await theatre.book({ startsAt: await aTime(), minutes: 30 })
    const body = { reasonCode: 'patient_cancelled' }
    await rest.call('cancelCase', { path: { caseId: booked.id }, as: theatre.staff, body })
    return { body: { mrn: booked.patient?.mrn ?? '' } }
  },
  'eraseTheatrePatient with a request alone': async ({ rest, theatre }) => {
    const { path, staff, newCase } = theatre
    const { patient, procedure } = newCase()
    const wanted = { service: 'Urology', procedure, minutes: 30, patient }
    const { body: request } = await rest.call('createCaseRequest', { path, as: staff, body: wanted })
    await rest.call('withdrawCaseRequest', { path: { requestId: request.id }, as: staff })
    return { body: { mrn: patient.mrn } }
  },
  updateRoom: async ({ theatre: { roomTwo } }) => {
    return { path: { roomId: roomTwo.id }, body: { name: `OR ${randomUUID().slice(0, 8)}` } }
  },
  createTheatreStaff: async () => ({ body: { name: `Nurse ${randomUUID().slice(0, 8)}`, profession: 'nurse' } }),
  updateTheatreStaff: async ({ theatre: { anaesthetist } }) => {
    return { path: { staffId: anaesthetist.id }, body: { name: `Dr ${randomUUID().slice(0, 8)}` } }
  },
  updateTheatreDoctor: async ({ theatre: { doctor, robot }, other }) => {
    return { path: { doctorId: doctor.id }, body: { preferredEquipmentIds: other() ? [robot.id] : [] } }
  },
  createEquipment: async () => ({ body: { name: `Robot ${randomUUID().slice(0, 8)}`, units: 1 } }),
  updateEquipment: async ({ theatre: { robot }, other }) => {
    return { path: { equipmentId: robot.id }, body: { units: other() ? 3 : 2 } }
  },
  confirmCase: async ({ theatre, aTime }) => {
    const { body: held } = await theatre.book({ startsAt: await aTime(), minutes: 30 })
    return { path: { caseId: held.id }, as: theatre.staff }
  },
  cancelCase: async ({ theatre, aTime }) => {
    const { body: booked } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    return { path: { caseId: booked.id }, as: theatre.staff, body: { reasonCode: 'patient_cancelled' } }
  },
  bumpCases: async ({ theatre, aTime }) => {
    const startsAt = await aTime()
    const { body: elective } = await theatre.book({ startsAt, minutes: 30, confirm: true })
    const urgent = { startsAt: await aTime(), minutes: 30, urgency: 'urgent', confirm: true }
    const { body: emergency } = await theatre.book(urgent)
    const body = { caseIds: [elective.id], reason: 'Bleeding', startsAt }
    return { path: { caseId: emergency.id }, as: theatre.staff, body }
  },
  recordMilestone: async ({ theatre, aTime }) => {
    const { body: booked } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    return { path: { caseId: booked.id }, body: { milestone: 'in_room', at: booked.startsAt, trial: true } }
  },
} satisfies LostOperations

async function aBlock({ rest, theatre: { path, admin, roomTwo }, aTime }: LostScene) {
  const from = await aTime()
  const to = new Date(Date.parse(from) + 3_000_000).toISOString()
  const body = { roomId: roomTwo.id, service: 'Orthopaedics', from, to }
  const { body: created } = await rest.call('createBlocks', { path, as: admin, body })
  return { ...path, blockId: created.items[0]?.blockId ?? '' }
}

/** A block in a clinic without other requests. */
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
