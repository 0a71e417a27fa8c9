import { aPatientRecord, placesOfText, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
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

/** What an earlier state of the database has of its records. */
async function rowsOfPatients(database: TestDatabase) {
  const { rows } = await database.ownerPool.query<{ text: string }>(sql`
    select jsonb_agg(jsonb_build_object('id', id, 'guardians', guardians, 'merge', merge))::text as text
      from holdfast.patient`)
  return rows[0]?.text
}

async function restorePatients(database: TestDatabase, rows: string | undefined) {
  await database.ownerPool.query(sql`
    update holdfast.patient p set guardians = r.guardians, merge = nullif(r.merge, 'null')
      from jsonb_to_recordset(${rows}::jsonb) r(id uuid, guardians jsonb, merge jsonb) where p.id = r.id`)
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
    'is listed by their ids alone, and is erased again after a restore, and nobody else',
    async ({ database }) => {
      const { kept, merged, patients, child, erase, read, places, findings } = await aScene(database)
      // The entry that is erased has been changed since the moment of the restore: its id is the same.
      const before = await rowsOfPatients(database)
      const { version } = await read(child)
      await patients.update(child, version, { guardians: [ben, { ...bea, phone: '4711', relation: 'carer' }] })
      await erase({ email: 'bea@planted.example' })
      const list = await erasuresSince(database.ownerPool, new Date(0))
      // That of the child, of the merged record, and of the one that stayed.
      expect(list.map(({ kind }) => kind)).toEqual(['guardian', 'guardian', 'guardian'])
      const listed = JSON.stringify(list)
      for (const id of [child, kept, merged]) expect(listed).not.toContain(id)
      await restorePatients(database, before)
      expect(await places('Plantedname')).toEqual(['holdfast.patient'])
      expect(await repeatErasures(database.ownerPool, list)).toEqual({ erased: 3, cancelled: 0, pending: [] })
      expect(await places('Plantedname')).toEqual([])
      expect((await read(child)).guardians).toEqual([ben])
      expect((await read(kept)).guardians).toEqual([ben])
      expect(await findings()).toEqual([])
    },
  )

  freshDatabaseTest('is not erased again where they were entered after the erasure', async ({ database }) => {
    const { patients, child, erase, read } = await aScene(database)
    await erase({ email: 'bea@planted.example' })
    const cleo = aGuardian('Cleo Anothername', { phone: '4711' })
    const { version } = await read(child)
    await patients.update(child, version, { guardians: [ben, bea, cleo] })
    const list = await erasuresSince(database.ownerPool, new Date(0))
    for (let times = 0; times < 2; times += 1) {
      expect(await repeatErasures(database.ownerPool, list)).toEqual({ erased: 0, cancelled: 0, pending: [] })
      expect((await read(child)).guardians).toEqual([ben, bea, cleo])
    }
  })

  freshDatabaseTest.for([
    ['who was changed since', 'guardians_with_ids', 'array_position(v_ids, v_pair.id) is null', 'false'],
    ['nobody else', 'without_guardians', "(g.guardian->>'id')::uuid <> all (p_ids)", 'false'],
  ] as const)(
    'negative control: without the ids, the repetition does not erase %s',
    async ([, name, part, becomes], { database }) => {
      const { patients, child, erase, read } = await aScene(database)
      await plantFunction(database, name, { part, becomes })
      const before = await rowsOfPatients(database)
      const { version } = await read(child)
      await patients.update(child, version, { guardians: [{ ...bea, phone: '4711' }, ben] })
      await erase({ email: 'bea@planted.example' })
      const list = await erasuresSince(database.ownerPool, new Date(0))
      await restorePatients(database, before)
      await repeatErasures(database.ownerPool, list)
      expect((await read(child)).guardians).not.toEqual([ben])
    },
  )

  describe('shares a telephone number with', () => {
    const ann = aGuardian('Ann Othername', { email: 'ann@other.example', phone: ben.phone })

    /** Who acts for the child of a record in which Ann has replaced Ben, after Ben was erased. */
    async function afterErasure(database: TestDatabase, scene: Awaited<ReturnType<typeof aMergingClinic>>, id: string) {
      const { clinic, patients, read } = scene
      await patients.update(id, (await read(id)).version, { guardians: [ann] })
      return async () => {
        const request = { clinicNo: clinic.no, patient: { email: ben.email ?? '' }, actorId: null }
        expect((await engineOf(database).erasures.ofPatient(request)).guardianOf).toBeGreaterThan(0)
        return (await read(id)).guardians
      }
    }

    /** Ben is in a record that was merged into one that has him, too. */
    async function replacedAfterMerge(database: TestDatabase) {
      const scene = await aMergingClinic(database)
      const kept = await scene.record({ guardians: [ben] })
      const merged = await scene.record({ guardians: [ben] })
      await scene.merge(kept, merged)
      return afterErasure(database, scene, kept)
    }

    /** Ben came with the record that was merged; there, he is renamed, and is Ann after the merge is undone. */
    async function separated(database: TestDatabase) {
      const scene = await aMergingClinic(database)
      const kept = await scene.record({ guardians: [] })
      const merged = await scene.record({ guardians: [ben] })
      await scene.merge(kept, merged)
      const { patients, read } = scene
      const newContacts = aGuardian(ben.name, { phone: ann.phone, email: ann.email })
      await patients.update(kept, (await read(kept)).version, { guardians: [newContacts] })
      await patients.unmerge(merged, (await read(merged)).version)
      return afterErasure(database, scene, kept)
    }

    test('whoever replaces them, who stays when they are erased', async ({ database }) => {
      expect(await (await replacedAfterMerge(database))()).toEqual([ann])
      expect(await (await separated(database))()).toEqual([ann])
    })

    freshDatabaseTest('control: by one field, the id is passed on to somebody else', async ({ database }) => {
      await plantFunction(database, 'guardians_with_ids', { part: 'same.fields >= 2', becomes: 'same.fields > 0' })
      expect(await (await replacedAfterMerge(database))()).toEqual([])
    })

    freshDatabaseTest('control: a copy with the id of the original ends with it', async ({ database }) => {
      await plantFunction(database, 'merge_patients', {
        part: "jsonb_build_object('id', new_id(p_clinic_no, clock_timestamp())::text)",
        becomes: "'{}'",
      })
      expect(await (await separated(database))()).toEqual([])
    })
  })

  test('has the same id when the entry changes, also beside another one with the same number', async ({ database }) => {
    const { patients, clinic, record, read } = await aMergingClinic(database)
    const ids = async (patientId: string) => {
      const { rows } = await database.ownerPool.query<{ ids: string[] }>(sql`
        select jsonb_path_query_array(guardians, '$[*].id') as ids from holdfast.patient
         where clinic_no = ${clinic.no} and id = ${patientId}`)
      return rows[0]?.ids
    }
    const [one, two] = [
      { ...bea, phone: '1' },
      { ...ben, phone: '1' },
    ]
    const child = await record({ guardians: [one, two] })
    const [idOfOne, idOfTwo, ...others] = (await ids(child)) ?? []
    expect([idOfOne === idOfTwo, others]).toEqual([false, []])
    const change = async (...guardians: Guardian[]) => {
      await patients.update(child, (await read(child)).version, { guardians })
      return ids(child)
    }
    const renamed = { ...two, name: 'Benjamin' }
    expect(await change(renamed, one)).toEqual([idOfTwo, idOfOne])
    expect(await change({ ...renamed, phone: '2' }, { ...one, name: 'Beatrice' })).toEqual([idOfTwo, idOfOne])
    // Somebody else, and the first one again.
    expect(await change(aGuardian('Cleo', { phone: '3' }), one)).toEqual([
      expect.not.stringMatching(idOfTwo ?? ''),
      idOfOne,
    ])
    await change()
    expect(await change(one)).not.toEqual([idOfOne])
  })
})
