import { randomUUID } from 'node:crypto'
import type { LostOperations, LostScene } from './lost-scene.ts'

async function aRecord({ rest, theatre: { path, staff } }: LostScene) {
  const body = { name: 'Ada', mrn: `R-${randomUUID()}` }
  const { body: record } = await rest.call('createPatient', { path, as: staff, body })
  return { patientPath: { ...path, patientId: record.id }, record }
}

/** What the desk changes of the records of patients. */
export const lostRecordOperations = {
  createPatient: async ({ rest, theatre: { path, staff } }) => {
    const body = { name: 'Ada', mrn: `R-${randomUUID()}`, identifiers: [{ system: 's', value: randomUUID() }] }
    return (key) => rest.call('createPatient', { path, as: staff, body, key })
  },
  updatePatient: async (scene) => {
    const { patientPath: path, record } = await aRecord(scene)
    const body = { version: record.version, phone: '+49 171 2345678' }
    return (key) => scene.rest.call('updatePatient', { path, as: scene.theatre.staff, body, key })
  },
  linkBookingToPatient: async (scene) => {
    const { record } = await aRecord(scene)
    const { booking } = await scene.aVisit()
    const path = { ...scene.theatre.path, bookingId: booking.id }
    const body = { patientId: record.id }
    return (key) => scene.rest.call('linkBookingToPatient', { path, as: scene.theatre.staff, body, key })
  },
  unlinkBookingFromPatient: async (scene) => {
    const { record } = await aRecord(scene)
    const { booking } = await scene.aVisit()
    const { rest, theatre } = scene
    const of = { path: { ...theatre.path, bookingId: booking.id }, as: theatre.staff }
    await rest.call('linkBookingToPatient', { ...of, body: { patientId: record.id } })
    return (key) => rest.call('unlinkBookingFromPatient', { ...of, key })
  },
  erasePatientRecord: async (scene) => {
    const { patientPath: path } = await aRecord(scene)
    return (key) => scene.rest.call('erasePatientRecord', { path, as: scene.theatre.admin, key })
  },
} satisfies LostOperations
