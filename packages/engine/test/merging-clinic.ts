import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aPatientRecord, aSlot, ofKind, type TestDatabase } from '@holdfast/testkit'
import { createEngine } from '../src/create-engine.ts'
import type { MergePatientsRequest, PatientFields, PatientRecord } from '../src/model/patient-record.ts'
import { verify } from '../src/verify/verify.ts'

/** A clinic whose desk creates, merges, links and erases records of patients. */
export async function aMergingClinic(database: TestDatabase) {
  const pool = database.appPool
  const { patients } = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 20 })
  const read = async (id: string): Promise<PatientRecord> => {
    const record = await patients.record(id)
    if (record === null) throw new Error(`There is no record ${id}.`)
    return record
  }
  const record = async (fields: Partial<PatientFields> = {}) => {
    return ofKind(await patients.create(clinic.no, aPatientRecord({ name: 'Ada', ...fields }), null), 'done').value.id
  }
  const merge = async (keptId: string, mergedId: string, overrides: Partial<MergePatientsRequest> = {}) => {
    const [{ version }, { version: mergedVersion }] = [await read(keptId), await read(mergedId)]
    const request = { keptId, mergedId, version, mergedVersion, taken: [], actorId: randomUUID() }
    return patients.merge({ ...request, ...overrides })
  }
  const erase = (patientId: string) => patients.erase({ clinicNo: clinic.no, of: { patientId }, actorId: randomUUID() })
  const found = async (q: string | null) =>
    (await patients.list({ clinicNo: clinic.no, q, limit: 50, cursor: null })).items.map(({ id }) => id)
  const findings = async () => (await verify(pool, { clinicNo: clinic.no, detailsMax: 9 })).details
  const linked = async (patientId: string, status: 'CONFIRMED' | 'CANCELLED' = 'CONFIRMED') => {
    const { id } = await aBooking(database, slot, { status })
    await patients.link(id, patientId, randomUUID())
    return id
  }
  return { patients, clinic, slot, read, record, merge, erase, found, findings, linked }
}

/** What a record says, without what changes with each change of it. */
export function fieldsOf({ version: _, updatedAt: __, ...fields }: PatientRecord) {
  return fields
}

export const one = { system: 'insurance', value: 'A1' }
export const other = { system: 'insurance', value: 'B2' }

/** Records of one patient that differ in most fields. */
export async function twoRecords(scene: Awaited<ReturnType<typeof aMergingClinic>>) {
  const kept = await scene.record({
    name: 'Ada King',
    mrn: 'M-1',
    email: 'ada@example.org',
    flags: ['interpreter'],
    notes: 'Rings first',
    identifiers: [one],
  })
  const merged = await scene.record({
    name: 'Ada Lovelace',
    mrn: 'M-2',
    phone: '4711',
    email: 'old@example.org',
    birthDate: '1980-05-03',
    flags: ['wheelchair', 'interpreter'],
    notes: 'Comes by train',
    identifiers: [other],
  })
  return { kept, merged }
}

/** Of three records that are merged into another one, in which order the merges are undone. */
export const ordersOfThree = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]
