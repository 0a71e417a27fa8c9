import { aPatientRecord, placesOfText, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { aMergingClinic } from '../../test/merging-clinic.ts'
import type { Contact } from '../model/erasure.ts'
import type { Guardian } from '../model/patient-record.ts'
import { erasuresSince, repeatErasures } from './repeat-erasures.ts'

const aGuardian = (name: string, contacts: Partial<Guardian>): Guardian => {
  return { name, relation: 'parent', phone: null, email: null, getsMessages: false, ...contacts }
}
const bea = aGuardian('Bea Plantedname', {
  email: 'bea@planted.example',
  phone: '+44 20 7946 0018',
  getsMessages: true,
})
const ben = aGuardian('Ben Othername', { email: 'ben@other.example', phone: '+44 20 7946 0019' })

/** Two children of Bea, one of them with two records that are merged, and Ben's child. */
async function aScene(database: TestDatabase) {
  const scene = await aMergingClinic(database)
  const engine = engineOf(database)
  const clinicNo = scene.clinic.no
  const child = await scene.record({ name: 'Ada', phone: '1', guardians: [bea, ben] })
  const kept = await scene.record({ name: 'Cleo', guardians: [ben] })
  const merged = await scene.record({ name: 'Cleo', guardians: [{ ...bea, email: 'BEA@planted.example' }] })
  expect(await scene.merge(kept, merged)).toMatchObject({ kind: 'done' })
  const erase = (patient: Contact) => engine.erasures.ofPatient({ clinicNo, patient, actorId: null })
  const dataOf = async (person: Parameters<typeof engine.personalData.ofPerson>[0]['person']) =>
    (await engine.personalData.ofPerson({ clinicNo, person })).sections.filter(({ rows }) => rows.length > 0)
  const places = async (name: string) => [...new Set(await placesOfText(database, name))]
  return { ...scene, engine, child, kept, merged, erase, dataOf, places }
}

const nobody = { erased: 0, notOver: { count: 0, bookingIds: [] }, recordsLeft: { count: 0, patientIds: [] } }

describe('who acts for patients', () => {
  test('is found by a contact, in each record, with nothing of the patient', async ({ database }) => {
    const { dataOf } = await aScene(database)
    const row = { isLinked: null, ...bea }
    const rows = [row, { ...row, email: 'BEA@planted.example' }]
    for (const contact of [{ email: 'Bea@Planted.example' }, { phone: '+442079460018' }]) {
      expect(await dataOf({ contacts: [contact] })).toEqual([{ name: 'guardians', rows }])
    }
    // The controls: the other one, and nobody.
    const other = { isLinked: null, ...ben }
    expect(await dataOf({ contacts: [{ email: 'ben@other.example' }] })).toEqual([
      { name: 'guardians', rows: [other, other] },
    ])
    expect(await dataOf({ contacts: [{ phone: '4711' }] })).toEqual([])
  })

  test('is found with a record of their own, by its contacts', async ({ database }) => {
    const { record, dataOf } = await aScene(database)
    const patientId = await record({ name: bea.name, email: bea.email })
    const namesOf = (sections: Awaited<ReturnType<typeof dataOf>>) => sections.map(({ name }) => name)
    expect(namesOf(await dataOf({ patientId, contacts: [] }))).toEqual(['records'])
    const sections = await dataOf({ patientId, contacts: [], withContactsOfRecord: true })
    expect(namesOf(sections)).toEqual(['records', 'guardians'])
    expect(sections[1]?.rows).toMatchObject([
      { isLinked: false, name: bea.name },
      { isLinked: false, name: bea.name },
    ])
  })

  freshDatabaseTest(
    'is removed by an erasure from the records, which stay, and from their merges',
    async ({ database }) => {
      const scene = await aScene(database)
      const { patients, read, child, kept, merged, erase, dataOf, places, findings } = scene
      // The negative control: before, they are in the table, with the copies of the merge.
      expect(await places('Plantedname')).toEqual(['holdfast.patient'])
      const { version } = await read(child)
      expect(await erase({ email: 'bea@planted.EXAMPLE' })).toEqual({ ...nobody, guardianOf: 2 })
      expect(await places('Plantedname')).toEqual([])
      expect(await dataOf({ contacts: [{ email: 'bea@planted.example' }] })).toEqual([])
      expect(await read(child)).toMatchObject({ name: 'Ada', phone: '1', guardians: [ben], version: version + 1 })
      expect((await read(kept)).guardians).toEqual([ben])
      // A form that was read before would bring them back.
      expect(await patients.update(child, version, { guardians: [bea] })).toMatchObject({ kind: 'record_changed' })
      expect(await patients.unmerge(merged, (await read(merged)).version)).toMatchObject({ kind: 'done' })
      expect([(await read(kept)).guardians, (await read(merged)).guardians]).toEqual([[ben], []])
      expect(await findings()).toEqual([])
      expect(await erase({ email: 'bea@planted.example' })).toEqual({ ...nobody, guardianOf: 0 })
      expect(await erase({ phone: '+442079460019' })).toEqual({ ...nobody, guardianOf: 2 })
      expect(await places('Othername')).toEqual([])
    },
  )

  freshDatabaseTest('is not erased with an account, nor in another clinic', async ({ database }) => {
    const { engine, clinic, places } = await aScene(database)
    const elsewhere = await aMergingClinic(database)
    const patient = { email: 'bea@planted.example' }
    const erased = await engine.erasures.ofPatient({ clinicNo: elsewhere.clinic.no, patient, actorId: null })
    expect(erased.guardianOf).toBe(0)
    const account = { accountId: crypto.randomUUID() }
    expect(await engine.erasures.ofPatient({ clinicNo: clinic.no, patient: account, actorId: null })).toEqual({
      ...nobody,
      guardianOf: 0,
    })
    expect(await places('Plantedname')).toEqual(['holdfast.patient'])
  })

  freshDatabaseTest(
    'leaves no digest of the request that created the record, whose key stays',
    async ({ database }) => {
      const { engine, clinic, erase } = await aScene(database)
      const writeKey = { key: crypto.randomUUID(), requestHash: crypto.randomUUID() }
      const fields = aPatientRecord({ name: 'Dan', guardians: [bea] })
      expect(await engine.patients.create(clinic.no, fields, writeKey)).toMatchObject({ kind: 'done' })
      const { requestHash } = writeKey
      expect(await placesOfText(database, requestHash)).toEqual(['holdfast.answer'])
      await erase({ email: 'bea@planted.example' })
      expect(await placesOfText(database, requestHash)).toEqual([])
      expect(await engine.storedResponses.find(writeKey)).toMatchObject({ kind: 'key_reused' })
    },
  )

  freshDatabaseTest.for([
    ['the records', 'guardians = n.guardians, ', ''],
    ['the copies of merges', ', merge = n.merge\n', '\n'],
  ] as const)(
    'negative control: an erasure that forgets %s fails, because it still finds them',
    async ([, part, becomes], { database }) => {
      const { erase, places } = await aScene(database)
      await plantFunction(database, 'erase_guardians', { part, becomes })
      await expect(erase({ email: 'bea@planted.example' })).rejects.toThrow()
      expect(await places('Plantedname')).toEqual(['holdfast.patient'])
    },
  )

  freshDatabaseTest(
    'is listed by the records, and all who act for these patients go after a restore',
    async ({ database }) => {
      const { child, kept, merged, clinic, erase, read, patients, places, findings } = await aScene(database)
      await erase({ email: 'bea@planted.example' })
      const list = await erasuresSince(database.ownerPool, new Date(0))
      expect(list.map(({ kind, id }) => [kind, id]).toSorted()).toEqual(
        [child, kept, merged].map((id) => ['guardians', id]).toSorted(),
      )
      // As the database was before.
      const { version } = await read(child)
      await patients.update(child, version, { guardians: [bea, ben] })
      const stays = await patients.create(clinic.no, aPatientRecord({ guardians: [ben] }), null)
      expect(await places('Plantedname')).toEqual(['holdfast.patient'])
      expect(await repeatErasures(database.ownerPool, list)).toEqual({ erased: 3, cancelled: 0, pending: [] })
      expect(await places('Plantedname')).toEqual([])
      expect((await read(child)).guardians).toEqual([])
      if (stays.kind === 'done') expect((await read(stays.value.id)).guardians).toEqual([ben])
      expect(await findings()).toEqual([])
    },
  )
})
