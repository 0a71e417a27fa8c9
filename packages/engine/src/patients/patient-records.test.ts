import { aClinic, aPatientRecord, ofKind, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { PatientFields } from '../model/patient-record.ts'

async function aDesk(database: TestDatabase) {
  const pool = database.appPool
  const { patients } = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  const create = async (fields: Partial<PatientFields> = {}) => {
    return ofKind(await patients.create(clinic.no, aPatientRecord(fields), null), 'done').value.id
  }
  return { patients, clinic, create }
}

const everything: PatientFields = {
  mrn: 'MRN 7',
  name: 'Ada Okafor',
  birthDate: '1980-05-03',
  sex: 'female',
  phone: '+49 171 2345678',
  email: 'ada@example.org',
  address: '1 Long Lane\nBerlin',
  language: 'pt-BR',
  flags: ['interpreter', 'wheelchair'],
  notes: 'Prefers mornings',
  identifiers: [{ system: 'insurance', value: 'A123' }],
  guardians: [{ name: 'Bea Okafor', relation: 'parent', phone: '4711', email: null, getsMessages: true }],
}

test('a record has all that the desk has written, and each change increases its version', async ({ database }) => {
  const { patients, create } = await aDesk(database)
  const id = await create(everything)
  expect(await patients.record(id)).toMatchObject({ ...everything, version: 1 })
  const cleared = { phone: null, flags: [], identifiers: [], guardians: [], notes: null }
  expect(await patients.update(id, 1, cleared)).toMatchObject({
    kind: 'done',
    record: { ...everything, ...cleared, version: 2 },
  })
})

test('of two desks that correct one version, the second is refused, its repetition not', async ({ database }) => {
  const { patients, create } = await aDesk(database)
  const id = await create()
  const outcomes = await Promise.all([
    patients.update(id, 1, { name: 'Ada Lovelace' }),
    patients.update(id, 1, { name: 'Ada King' }),
  ])
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['done', 'record_changed'])
  const name = (await patients.record(id))?.name ?? ''
  expect(await patients.update(id, 1, { name })).toMatchObject({ kind: 'unchanged', record: { version: 2 } })
  expect(await patients.update(id, 2, { phone: '1' })).toMatchObject({ kind: 'done' })
})

test('one record has a record number, however it is spelled, and one an identifier', async ({ database }) => {
  const { patients, clinic, create } = await aDesk(database)
  await create(everything)
  const other = await create({ mrn: '8' })
  const again = (fields: Partial<PatientFields>) => patients.create(clinic.no, aPatientRecord(fields), null)
  expect(await again({ mrn: 'mrn7' })).toEqual({ kind: 'mrn_taken' })
  expect(await patients.update(other, 1, { mrn: 'MRN 7' })).toEqual({ kind: 'mrn_taken' })
  expect(await again({ identifiers: everything.identifiers })).toEqual({ kind: 'identifier_taken' })
  expect(await patients.update(other, 1, { identifiers: everything.identifiers })).toEqual({ kind: 'identifier_taken' })
  expect(await again({ identifiers: [{ system: 'another', value: 'A123' }] })).toMatchObject({ kind: 'done' })
  // Another clinic has its own.
  const elsewhere = await aClinic(database)
  const { mrn, identifiers } = everything
  expect(await patients.create(elsewhere.no, aPatientRecord({ mrn, identifiers }), null)).toMatchObject({
    kind: 'done',
  })
})

test('an identifier that a record loses can be given to another', async ({ database }) => {
  const { patients, create } = await aDesk(database)
  const { identifiers } = everything
  const [one, other] = [await create({ identifiers }), await create()]
  await patients.update(one, 1, { identifiers: [] })
  expect(await patients.update(other, 1, { identifiers })).toMatchObject({ kind: 'done' })
})

freshDatabaseTest('negative control: without the index of identifiers, two records have one', async ({ database }) => {
  await database.ownerPool.query(`
    alter table holdfast.patient_identifier drop constraint patient_identifier_pkey cascade`)
  const { create } = await aDesk(database)
  const { identifiers } = everything
  expect(await create({ identifiers })).not.toBe(await create({ identifiers }))
})
