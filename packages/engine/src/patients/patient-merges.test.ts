import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aPatientRecord,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test as base, freshDatabaseTest } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aMergingClinic, fieldsOf, one, other, twoRecords } from '../../test/merging-clinic.ts'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import type { Guardian, PatientFields } from '../model/patient-record.ts'

const test = base.extend('scene', ({ database }) => aMergingClinic(database))

const aGuardian = (name: string): Guardian => {
  return { name, relation: 'parent', phone: '4711', email: null, getsMessages: false }
}

describe('two records that are merged', () => {
  test('are one, with what each had, and their appointments', async ({ scene }) => {
    const { patients, read, merge, found, findings, linked } = scene
    const { kept, merged } = await twoRecords(scene)
    const bookings = [await linked(kept), await linked(merged)]
    const outcome = await merge(kept, merged, { taken: ['email'] })
    expect(outcome).toMatchObject({
      kind: 'done',
      record: {
        id: kept,
        name: 'Ada King',
        mrn: 'M-1',
        email: 'old@example.org',
        phone: '4711',
        birthDate: '1980-05-03',
        flags: ['interpreter', 'wheelchair'],
        notes: 'Rings first\n\nComes by train',
        identifiers: [one, other],
        mergedInto: null,
      },
    })
    expect(await read(merged)).toMatchObject({ mergedInto: kept, mrn: 'M-2', identifiers: [], name: 'Ada Lovelace' })
    expect(await patients.mergedInto(kept)).toMatchObject([{ id: merged, name: 'Ada Lovelace', mrn: 'M-2' }])
    const visits = await patients.visits(kept, new Date())
    expect(visits.next.map(({ bookingId }) => bookingId).sort()).toEqual(bookings.sort())
    for (const id of bookings) expect(await patients.ofBooking(id)).toMatchObject({ id: kept })
    const { clinic } = scene
    expect(await patients.flagsOf(clinic.no, bookings)).toEqual(
      new Map(bookings.map((id) => [id, ['interpreter', 'wheelchair']])),
    )
    // What only the other one had finds the one that stays, also after a change of it.
    for (const q of ['lovelace', 'M-2', 'B2', null]) expect(await found(q), `${q}`).toEqual([kept])
    await patients.update(kept, (await read(kept)).version, { sex: 'female' })
    expect(await found('lovelace')).toEqual([kept])
    expect(await findings()).toEqual([])
  })

  test('the one that is gone is not changed, linked to, booked for or merged, and names the other', async ({
    database,
  }) => {
    const scene = await aMergingClinic(database)
    const { patients, slot, read, record, merge } = scene
    const { kept, merged } = await twoRecords(scene)
    await merge(kept, merged)
    const refusal = { kind: 'record_merged', mergedInto: kept }
    expect(await patients.update(merged, (await read(merged)).version, { name: 'A' })).toEqual(refusal)
    expect(await patients.link((await aBooking(database, slot)).id, merged, randomUUID())).toEqual(refusal)
    const claim = { ...aClaim(slot), actorId: randomUUID(), patientId: merged }
    expect(await runClaimBatch(database.appPool, [claim])).toEqual([{ kind: 'completed', outcome: refusal }])
    const third = await record()
    expect(await merge(merged, third)).toEqual(refusal)
    expect(await merge(third, merged)).toEqual(refusal)
    expect(await merge(kept, third)).toMatchObject({ kind: 'done' })
    const taken = await patients.create(scene.clinic.no, aPatientRecord({ name: 'B', mrn: 'm2' }), null)
    expect(taken).toEqual({ kind: 'mrn_taken' })
    const identified = await patients.create(scene.clinic.no, aPatientRecord({ name: 'B', identifiers: [other] }), null)
    expect(identified).toEqual({ kind: 'identifier_taken' })
  })

  test('a change that was not read refuses it, and a repetition finds it done', async ({ scene }) => {
    const { patients, read, merge } = scene
    const { kept, merged } = await twoRecords(scene)
    const versions = { version: 1, mergedVersion: 1 }
    await patients.update(merged, 1, { sex: 'female' })
    expect(await merge(kept, merged, versions)).toEqual({ kind: 'record_changed', version: 2 })
    expect(await merge(kept, merged)).toMatchObject({ kind: 'done' })
    const record = await read(kept)
    expect(await merge(kept, merged, versions)).toEqual({ kind: 'unchanged', record })
    const { version } = await read(merged)
    expect(await patients.unmerge(merged, version - 1)).toEqual({ kind: 'record_changed', version })
    expect(await patients.unmerge(merged, version)).toMatchObject({ kind: 'done', separatedFrom: kept })
    expect(await patients.unmerge(merged, version)).toMatchObject({ kind: 'unchanged', separatedFrom: null })
    expect(await patients.unmerge(randomUUID(), 1)).toEqual({ kind: 'patient_missing' })
  })

  test('the guardians of both are of the one that stays, each once, and the undoing separates them', async ({
    database,
  }) => {
    const { patients, read, record, merge, erase, findings } = await aMergingClinic(database)
    const [bea, cleo, dan] = ['Bea', 'Cleo', 'Dan'].map(aGuardian) as [Guardian, Guardian, Guardian]
    const [kept, merged] = [await record({ guardians: [bea] }), await record({ guardians: [bea, cleo] })]
    expect(await merge(kept, merged)).toMatchObject({ kind: 'done', record: { guardians: [bea, cleo] } })
    await patients.update(kept, (await read(kept)).version, { guardians: [bea, cleo, dan] })
    await patients.unmerge(merged, (await read(merged)).version)
    expect((await read(kept)).guardians).toEqual([bea, dan])
    expect((await read(merged)).guardians).toEqual([bea, cleo])
    expect(await findings()).toEqual([])
    await erase(merged)
    const { rows } = await database.ownerPool.query('select guardians from holdfast.patient where id = $1', [merged])
    expect(rows).toEqual([{ guardians: [] }])
  })

  test('of two guardians who get the messages, that of the record that stays does', async ({ database }) => {
    const { patients, read, record, merge, findings } = await aMergingClinic(database)
    const [bea, cleo] = [aGuardian('Bea'), aGuardian('Cleo')]
    const gets = (one: Guardian) => ({ ...one, getsMessages: true })
    const merged = async (ofKept: Guardian[], ofMerged: Guardian[]) => {
      const ids = [await record({ guardians: ofKept }), await record({ guardians: ofMerged })] as const
      const outcome = await merge(...ids)
      await patients.unmerge(ids[1], (await read(ids[1])).version)
      // The undoing restores both.
      expect([(await read(ids[0])).guardians, (await read(ids[1])).guardians]).toEqual([ofKept, ofMerged])
      return outcome.kind === 'done' ? outcome.record.guardians : outcome
    }
    expect(await merged([gets(bea)], [gets(cleo)])).toEqual([gets(bea), cleo])
    expect(await merged([gets(cleo), bea], [gets(bea)])).toEqual([gets(cleo), bea])
    expect(await merged([gets(bea)], [gets(bea), cleo])).toEqual([gets(bea), cleo])
    // The controls: only one record has one.
    expect(await merged([bea], [gets(cleo)])).toEqual([bea, gets(cleo)])
    expect(await merged([bea, cleo], [gets(bea)])).toEqual([gets(bea), cleo])
    expect(await findings()).toEqual([])
  })

  freshDatabaseTest('negative control: without that rule, two of them get the messages', async ({ database }) => {
    await plantFunction(database, 'merge_patients', {
      part: `or not v_kept.guardians @> '[{"getsMessages": true}]'`,
      becomes: 'or true',
    })
    const { record, merge } = await aMergingClinic(database)
    const guardians = [{ ...aGuardian('Bea'), getsMessages: true }]
    const merged = await record({ guardians: [{ ...aGuardian('Cleo'), getsMessages: true }] })
    expect(await merge(await record({ guardians }), merged)).toMatchObject({
      kind: 'done',
      record: { guardians: [{ getsMessages: true }, { getsMessages: true }] },
    })
  })

  test('too much for one record is refused', async ({ scene: { record, merge } }) => {
    const flags = (letter: string) => Array.from({ length: 11 }, (_, index) => `${letter}${index}`)
    const identifiers = (letter: string) => flags(letter).map((value) => ({ system: 's', value }))
    const refused = async (fields: (letter: string) => Partial<PatientFields>) =>
      merge(await record(fields('a')), await record(fields('b')))
    const tooLarge = (field: string) => ({ kind: 'merge_too_large', field })
    expect(await refused((letter) => ({ flags: flags(letter) }))).toEqual(tooLarge('flags'))
    expect(await refused((letter) => ({ identifiers: identifiers(letter) }))).toEqual(tooLarge('identifiers'))
    const people = (letter: string) => [aGuardian(letter), aGuardian(`${letter}2`)]
    expect(await refused((letter) => ({ guardians: people(letter) }))).toEqual(tooLarge('guardians'))
    expect(await refused((letter) => ({ notes: letter.repeat(1_000) }))).toEqual(tooLarge('notes'))
    expect(await refused(() => ({ notes: 'n'.repeat(2_000) }))).toMatchObject({ kind: 'done' })
  })
})

describe('a merge that is undone', () => {
  test.for([[[]], [['mrn', 'name', 'birthDate', 'email', 'phone']]] as const)(
    'gives each record what it had; taken: %j',
    async ([taken], { scene }) => {
      const { patients, read, merge, found, findings, linked } = scene
      const { kept, merged } = await twoRecords(scene)
      const before = [fieldsOf(await read(kept)), fieldsOf(await read(merged))]
      const [own, others] = [await linked(kept), await linked(merged)]
      await merge(kept, merged, { taken })
      const since = await linked(kept)
      expect(await patients.unmerge(merged, (await read(merged)).version)).toMatchObject({ kind: 'done' })
      expect([fieldsOf(await read(kept)), fieldsOf(await read(merged))]).toEqual(before)
      const visitsOf = async (id: string) =>
        (await patients.visits(id, new Date())).next.map(({ bookingId }) => bookingId).sort()
      expect(await visitsOf(kept)).toEqual([own, since].sort())
      expect(await visitsOf(merged)).toEqual([others])
      expect(await found('lovelace')).toEqual([merged])
      expect(await found('M-2')).toEqual([merged])
      expect(await findings()).toEqual([])
      expect(await merge(merged, kept)).toMatchObject({ kind: 'done' })
    },
  )

  test('keeps what was changed of the other one since', async ({ scene }) => {
    const { patients, read, merge } = scene
    const { kept, merged } = await twoRecords(scene)
    await merge(kept, merged, { taken: ['name', 'email'] })
    const third = { system: 'insurance', value: 'C3' }
    const change = { name: 'Augusta', flags: ['wheelchair', 'sight'], notes: 'New', identifiers: [other, third] }
    await patients.update(kept, (await read(kept)).version, change)
    await patients.unmerge(merged, (await read(merged)).version)
    expect(await read(kept)).toMatchObject({
      name: 'Augusta',
      email: 'ada@example.org',
      flags: ['sight'],
      notes: 'New',
      identifiers: [third],
    })
    expect(await read(merged)).toMatchObject({ name: 'Ada Lovelace', identifiers: [other] })
  })

  test('is refused while a third record has what was the merged one’s', async ({ scene }) => {
    const { patients, read, record, merge } = scene
    const { kept, merged } = await twoRecords(scene)
    await merge(kept, merged)
    await patients.update(kept, (await read(kept)).version, { identifiers: [one] })
    const third = await record({ identifiers: [other] })
    const undo = async () => patients.unmerge(merged, (await read(merged)).version)
    expect(await undo()).toEqual({ kind: 'identifier_taken' })
    expect(await read(merged)).toMatchObject({ mergedInto: kept })
    await patients.update(third, 1, { identifiers: [] })
    expect(await undo()).toMatchObject({ kind: 'done' })
  })
})

test('a copy of the clinic finds the record that stays by what was merged into it, whichever is copied first', async ({
  database,
}) => {
  const scene = await aMergingClinic(database)
  const { merge, found } = scene
  const { kept, merged } = await twoRecords(scene)
  await merge(kept, merged)
  await database.ownerPool.query(`
    create temporary table copied as select * from holdfast.patient where clinic_no = ${scene.clinic.no};
    delete from holdfast.patient_identifier where clinic_no = ${scene.clinic.no};
    delete from holdfast.patient where clinic_no = ${scene.clinic.no};
    insert into holdfast.patient select * from copied where id = '${kept}';
    insert into holdfast.patient select * from copied where id = '${merged}';
    drop table copied`)
  expect(await found('lovelace')).toEqual([kept])
})

test('an erasure of either erases both, with all that is linked to them, when all of it is over', async ({
  database,
}) => {
  const scene = await aMergingClinic(database)
  const { patients, record, merge, erase, findings, linked } = scene
  for (const which of ['kept', 'merged'] as const) {
    const ids = { kept: await record({ name: 'Zoe' }), merged: await record({ name: 'Quirin' }) }
    const [over, coming] = [await linked(ids.kept, 'CANCELLED'), await linked(ids.merged)]
    await merge(ids.kept, ids.merged)
    expect(await erase(ids[which])).toMatchObject({ kind: 'in_use', bookingIds: [coming] })
    await database.ownerPool.query(`update holdfast.booking set status = 'CANCELLED' where id = $1`, [coming])
    expect(await erase(ids[which])).toMatchObject({ kind: 'erased', bookings: 2 })
    for (const id of [ids.kept, ids.merged]) expect(await patients.record(id)).toBe(null)
    const { rows } = await database.ownerPool.query(
      `select t::text from holdfast.patient t where id = any ($1) and t::text ~* 'zoe|quirin'`,
      [[ids.kept, ids.merged]],
    )
    expect(rows).toEqual([])
    expect(await patients.ofBooking(over)).toBe(null)
  }
  expect((await findings()).filter(({ kind }) => kind === 'patient_differs')).toEqual([])
})

test('records that may be of the same patient are found by birth date and name, or by a contact', async ({
  scene: { patients, record, merge },
}) => {
  const ada = await record({
    name: 'Ada Müller',
    birthDate: '1980-05-03',
    email: 'Ada@example.org',
    phone: '0171 4711',
  })
  const both = await record({ name: 'Mueller, A.', birthDate: '1980-05-03', phone: '+49 171 4711' })
  const mail = await record({ name: 'Bea', birthDate: '2010-01-01', email: ' ada@example.org ' })
  await record({ name: 'Bea Smith', birthDate: '1980-05-03' })
  await record({ name: 'Ada Müller', birthDate: '1980-05-04' })
  const gone = await record({ name: 'Ada Müller', birthDate: '1980-05-03' })
  expect((await patients.duplicates(ada)).map(({ id, same }) => [id, same])).toEqual([
    [both, ['birthDate', 'phone']],
    [gone, ['birthDate']],
    [mail, ['email']],
  ])
  await merge(ada, gone)
  expect((await patients.duplicates(ada)).map(({ id }) => id)).toEqual([both, mail])
  expect(await patients.duplicates(gone)).toEqual([])
})

describe('a merge that races', () => {
  /** A booking for the record that goes is claimed, and waits before it commits; the merge is sent meanwhile. */
  async function withClaim(database: TestDatabase) {
    const scene = await aMergingClinic(database)
    const { kept, merged } = await twoRecords(scene)
    const blocking = await holdLock(database.ownerPool, 'lock table holdfast.booking_patient in exclusive mode')
    const claim = { ...aClaim(scene.slot), confirm: true, actorId: randomUUID(), patientId: merged }
    const claiming = runClaimBatch(database.appPool, [claim])
    await untilLockWaiters(database, 1)
    const merging = scene.merge(kept, merged)
    const first = await Promise.race([merging, untilLockWaiters(database, 2).then(() => 'waits' as const)])
    await blocking.release()
    const [claimed] = await claiming
    return { ...scene, first, merged: await merging, kept, claimed, bookingId: claim.bookingId }
  }

  test('with a booking waits for it, and lists it', async ({ database }) => {
    const { first, merged, claimed, patients, kept, bookingId } = await withClaim(database)
    expect(first).toBe('waits')
    expect([claimed, merged]).toMatchObject([{ outcome: { kind: 'booked' } }, { kind: 'done' }])
    expect((await patients.visits(kept, new Date())).next).toMatchObject([{ bookingId }])
  })

  freshDatabaseTest(
    'without the claim’s lock, the booking is linked to a record that is gone',
    async ({ database }) => {
      await plantFunction(database, 'lock_records', { part: 'for key share skip locked', becomes: '' })
      expect(await withClaim(database)).toMatchObject({
        first: { kind: 'done' },
        claimed: { outcome: { kind: 'booked' } },
      })
    },
  )

  /** The first of two merges has locked its records, and waits before it commits; the second is sent meanwhile. */
  async function twoMerges(database: TestDatabase, isReversed: boolean) {
    const scene = await aMergingClinic(database)
    const { record, merge, read } = scene
    const [a, b, c] = [await record(), await record(), await record()]
    const blocking = await holdLock(database.ownerPool, `select from holdfast.patient where id = '${b}' for share`)
    const [first, second] = isReversed ? [[c, b] as const, [b, a] as const] : [[b, a] as const, [c, b] as const]
    const merging = [merge(...first), untilLockWaiters(database, 1).then(() => merge(...second))]
    await blocking.releaseOnce(2)
    const outcomes = await Promise.all(merging)
    const into = await Promise.all([a, b, c].map(async (id) => (await read(id)).mergedInto))
    return { kinds: outcomes.map(({ kind }) => kind).sort(), into, a, b, c, findings: await scene.findings() }
  }

  test.for([false, true])(
    'with a merge of the same record makes no chain; reversed: %s',
    async (isReversed, { database }) => {
      const { kinds, into, b, c, findings } = await twoMerges(database, isReversed)
      expect(kinds).toHaveLength(2)
      expect(kinds).toContain('done')
      expect(kinds).not.toEqual(['done', 'done'])
      expect([
        [b, null, null],
        [null, c, null],
      ]).toContainEqual(into)
      expect(findings).toEqual([])
    },
  )

  freshDatabaseTest('without the locks, two merges make a chain, which verify finds', async ({ database }) => {
    await plantFunction(
      database,
      'merge_patients',
      { part: 'for update', becomes: '' },
      { part: /elsif v_kept\.version <> p_version.*?then/s, becomes: 'elsif false then' },
    )
    const { kinds, findings } = await twoMerges(database, false)
    expect(kinds).toEqual(['done', 'done'])
    expect(findings).toMatchObject([{ kind: 'patient_differs' }])
  })

  /** An erasure has locked a record, and waits before it commits; the merge is sent meanwhile. */
  test.for(['kept', 'merged'] as const)(
    'with an erasure of the record that is %s finds it gone',
    async (which, { database, scene }) => {
      const { record, merge, erase, findings, patients } = scene
      const ids = { kept: await record(), merged: await record() }
      const blocking = await holdLock(database.ownerPool, 'lock table holdfast.erasure in exclusive mode')
      const erasing = erase(ids[which])
      await untilLockWaiters(database, 1)
      const merging = merge(ids.kept, ids.merged)
      await blocking.releaseOnce(2)
      expect([await erasing, await merging]).toMatchObject([{ kind: 'erased' }, { kind: 'patient_missing' }])
      expect(await patients.record(ids[which === 'kept' ? 'merged' : 'kept'])).toMatchObject({ mergedInto: null })
      expect(await findings()).toEqual([])
    },
  )
})
