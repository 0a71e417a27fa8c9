import { randomUUID } from 'node:crypto'
import type { LostOperations, LostScene } from './lost-scene.ts'
import { aTheatre, theatreTime } from './theatre-scene.ts'

/** What is done in the theatre. */
export const lostTheatreOperations = {
  createRoom: async ({ rest, theatre: { path, admin } }) => {
    const body = { name: `OR ${randomUUID().slice(0, 8)}` }
    return (key) => rest.call('createRoom', { path, as: admin, body, key })
  },
  createCase: async ({ theatre, aTime }) => {
    const body = theatre.newCase({ startsAt: await aTime(), minutes: 30 })
    return (key) => theatre.book({}, { body, key })
  },
  'createCase with a bump': async ({ theatre, aTime }) => {
    const startsAt = await aTime()
    const { body: elective } = await theatre.book({ startsAt, minutes: 30, confirm: true })
    const bump = { caseIds: [elective.id], reason: 'Bleeding' }
    const body = theatre.newCase({ startsAt, minutes: 30, urgency: 'immediate', bump })
    return (key) => theatre.book({}, { body, key })
  },
  moveCase: async ({ rest, theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const startsAt = await aTime()
    return (key) => rest.call('moveCase', { path: { caseId: elective.id }, as: theatre.staff, body: { startsAt }, key })
  },
  swapCases: async ({ rest, theatre, aTime }) => {
    const { body: one } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const { body: other } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const body = { caseId: other.id }
    return (key) => rest.call('swapCases', { path: { caseId: one.id }, as: theatre.staff, body, key })
  },
  extendCase: async ({ rest, theatre, aTime }) => {
    const { body: elective } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
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
    const from = await aTime()
    const to = new Date(Date.parse(from) + 3_000_000).toISOString()
    return (key) => rest.call('createBlocks', { path, as: admin, body: { roomId: roomTwo.id, from, to }, key })
  },
  eraseTheatrePatient: async ({ rest, theatre, aTime }) => {
    const { path, admin, staff } = theatre
    const { body: booked } = await theatre.book({ startsAt: await aTime(), minutes: 30 })
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
  updateRoom: async ({ rest, theatre: { path, admin, roomTwo } }) => {
    const body = { name: `OR ${randomUUID().slice(0, 8)}` }
    return (key) => rest.call('updateRoom', { path: { ...path, roomId: roomTwo.id }, as: admin, body, key })
  },
  createTheatreStaff: async ({ rest, theatre: { path, admin } }) => {
    const body = { name: `Nurse ${randomUUID().slice(0, 8)}`, profession: 'nurse' }
    return (key) => rest.call('createTheatreStaff', { path, as: admin, body, key })
  },
  updateTheatreStaff: async ({ rest, theatre: { path, admin, anaesthetist } }) => {
    const body = { name: `Dr ${randomUUID().slice(0, 8)}` }
    return (key) =>
      rest.call('updateTheatreStaff', { path: { ...path, staffId: anaesthetist.id }, as: admin, body, key })
  },
  updateTheatreDoctor: async ({ rest, theatre: { path, admin, doctor, robot }, other }) => {
    const body = { preferredEquipmentIds: other() ? [robot.id] : [] }
    return (key) => rest.call('updateTheatreDoctor', { path: { ...path, doctorId: doctor.id }, as: admin, body, key })
  },
  createEquipment: async ({ rest, theatre: { path, admin } }) => {
    const body = { name: `Robot ${randomUUID().slice(0, 8)}`, units: 1 }
    return (key) => rest.call('createEquipment', { path, as: admin, body, key })
  },
  updateEquipment: async ({ rest, theatre: { path, admin, robot }, other }) => {
    const body = { units: other() ? 3 : 2 }
    return (key) => rest.call('updateEquipment', { path: { ...path, equipmentId: robot.id }, as: admin, body, key })
  },
  confirmCase: async ({ rest, theatre, aTime }) => {
    const { body: held } = await theatre.book({ startsAt: await aTime(), minutes: 30 })
    return (key) => rest.call('confirmCase', { path: { caseId: held.id }, as: theatre.staff, key })
  },
  cancelCase: async ({ rest, theatre, aTime }) => {
    const { body: booked } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const body = { reasonCode: 'patient_cancelled' }
    return (key) => rest.call('cancelCase', { path: { caseId: booked.id }, as: theatre.staff, body, key })
  },
  bumpCases: async ({ rest, theatre, aTime }) => {
    const startsAt = await aTime()
    const { body: elective } = await theatre.book({ startsAt, minutes: 30, confirm: true })
    const urgent = { startsAt: await aTime(), minutes: 30, urgency: 'urgent', confirm: true }
    const { body: emergency } = await theatre.book(urgent)
    const body = { caseIds: [elective.id], reason: 'Bleeding', startsAt }
    return (key) => rest.call('bumpCases', { path: { caseId: emergency.id }, as: theatre.staff, body, key })
  },
  recordMilestone: async ({ rest, theatre, aTime }) => {
    const { body: booked } = await theatre.book({ startsAt: await aTime(), minutes: 30, confirm: true })
    const body = { milestone: 'in_room', at: booked.startsAt, trial: true }
    return (key) => rest.call('recordMilestone', { path: { caseId: booked.id }, as: theatre.admin, body, key })
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
