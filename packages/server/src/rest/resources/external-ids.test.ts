// Guarantee: within a clinic, one thing of a kind has an id of another system
import { clinicNoOf } from '@holdfast/engine'
import { aClinic, aDoctor, type BuiltClinic, type TestDatabase } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const npi = 'http://hl7.org/fhir/sid/us-npi'
const ids = (...values: string[]) => values.map((value) => ({ system: npi, value }))

type Body = { id: string; externalIds: { system: string; value: string }[] }
type Answer = { status: number; body: Body & { items: Body[] }; problem: object }

/** How each kind of thing is created, changed and listed. */
const kinds = {
  doctor: {
    ...{ create: 'createDoctor', update: 'updateDoctor', list: 'listDoctors', id: 'doctorId' },
    body: (clinic: BuiltClinic) => ({ clinicId: clinic.id, name: 'Ada', specialization: 'Surgery' }),
  },
  room: {
    ...{ create: 'createRoom', update: 'updateRoom', list: 'listRooms', id: 'roomId' },
    body: () => ({ name: 'OR' }),
  },
  staff: {
    ...{ create: 'createTheatreStaff', update: 'updateTheatreStaff', list: 'listTheatreStaff', id: 'staffId' },
    body: () => ({ name: 'Nora', profession: 'nurse' }),
  },
  equipment: {
    ...{ create: 'createEquipment', update: 'updateEquipment', list: 'listEquipment', id: 'equipmentId' },
    body: () => ({ name: 'Robot', units: 1 }),
  },
  visitResource: {
    ...{ create: 'createVisitResource', update: 'updateVisitResource', list: 'listVisitResources', id: 'resourceId' },
    body: () => ({ kind: 'device', name: `Device ${Math.random()}` }),
  },
  visitType: {
    ...{ create: 'createVisitType', update: 'updateVisitType', list: 'listVisitTypes', id: 'visitTypeId' },
    body: () => ({ name: 'Check-up', minutes: 20 }),
  },
} as const

type Kind = keyof typeof kinds

async function aScene(database: TestDatabase, rest: RestApp, kind: Kind) {
  const { create, update, list, id, body } = kinds[kind]
  const clinic = await aClinic(database)
  const as = await rest.aMember(clinic.no, 'admin')
  const path = kind === 'doctor' ? {} : { clinicId: clinic.id }
  const call = (operation: string, request: object) =>
    rest.call(operation as 'updateDoctor', { as, ...request } as never) as unknown as Promise<Answer>
  return {
    create: (externalIds?: object[]) => call(create, { path, body: { ...body(clinic), externalIds } }),
    update: (thing: Body, externalIds: object[]) =>
      call(update, { path: { ...path, [id]: thing.id }, body: { externalIds } }),
    found: async (externalId: string) => {
      const query = kind === 'doctor' ? { clinicId: clinic.id, externalId } : { externalId }
      return (await call(list, { path, query })).body.items.map((item) => item.id)
    },
  }
}

describe.each(Object.keys(kinds) as Kind[])('%s', (kind) => {
  test('has external ids, by which it is found', async ({ database, rest }) => {
    const { create, update, found } = await aScene(database, rest, kind)
    const [none, one] = [await create(), await create([{ system: ` ${npi}`, value: 'E\u0301 |1 ' }])]
    expect(none.body.externalIds).toEqual([])
    expect(one.body.externalIds).toEqual(ids('\u00c9 |1'))
    expect(await found(`${npi}|\u00c9 |1`)).toEqual([one.body.id])
    expect(await found(`${npi}|E\u0301 |1`)).toEqual([one.body.id])
    const changed = await update(one.body, ids('2', '3'))
    expect(changed.body.externalIds).toEqual(ids('2', '3'))
    expect(await found(`${npi}|\u00c9 |1`)).toEqual([])
    expect(await found(`${npi}|3`)).toEqual([one.body.id])
    // What it no longer has, another one may get.
    expect((await update(none.body, ids('\u00c9 |1'))).status).toBe(200)
  })

  test('gets none that another one has, and then nothing is written', async ({ database, rest }) => {
    const { create, update, found } = await aScene(database, rest, kind)
    const [first, second] = [await create(ids('1')), await create(ids('2'))]
    const taken = { status: 409, code: 'external_id_taken' }
    expect((await create(ids('3', '1'))).problem).toMatchObject(taken)
    expect((await update(second.body, ids('2', '1'))).problem).toMatchObject(taken)
    expect(await found(`${npi}|1`)).toEqual([first.body.id])
    expect(await found(`${npi}|2`)).toEqual([second.body.id])
    expect(await found(`${npi}|3`)).toEqual([])
  })

  test('of two that are created at once, one gets it', async ({ database, rest }) => {
    const { create, found } = await aScene(database, rest, kind)
    const answers = await Promise.all([create(ids('1')), create(ids('1'))])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(await found(`${npi}|1`)).toHaveLength(1)
  })
})

test('negative control: without the index, two doctors get the same id', async ({ database, rest }) => {
  const { create, found } = await aScene(database, rest, 'doctor')
  await database.ownerPool.query('alter table holdfast.external_id drop constraint external_id_pkey')
  await create(ids('1'))
  expect((await create(ids('1'))).status).toBe(201)
  expect(await found(`${npi}|1`)).toHaveLength(2)
})

test('a clinic has external ids of its own, and no other clinic has them', async ({ database, rest }) => {
  const as = rest.anAccount({ siteAdministrator: true })
  const create = (value: string) =>
    rest.call('createClinic', { as, body: { name: 'Lakeside', timezone: 'UTC', externalIds: ids(value) } })
  const value = `${Math.random()}`
  const clinic = await create(value)
  expect(clinic.body.externalIds).toEqual(ids(value))
  const list = async () => (await rest.call('listClinics', { query: { externalId: `${npi}|${value}` } })).body.items
  expect((await list()).map(({ id }) => id)).toEqual([clinic.body.id])
  expect((await create(value)).problem).toMatchObject({ status: 409, code: 'external_id_taken' })
  const another = `${Math.random()}`
  const answers = await Promise.all([create(another), create(another)])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  const change = (who: typeof as) =>
    rest.call('updateClinic', { path: { clinicId: clinic.body.id }, as: who, body: { externalIds: ids(another) } })
  expect((await change(as)).problem).toMatchObject({ code: 'external_id_taken' })
  // An admin of a clinic could take the id of another one, by which programs find it.
  const admin = await rest.aMember(clinicNoOf(clinic.body.id), 'admin')
  expect((await change(admin)).problem).toMatchObject({ status: 403, code: 'forbidden' })
  const sentBack = await rest.call('updateClinic', {
    path: { clinicId: clinic.body.id },
    as: admin,
    body: { name: 'Seaside', externalIds: clinic.body.externalIds },
  })
  expect(sentBack.body).toMatchObject({ name: 'Seaside', externalIds: ids(value) })
  // Its doctors have another kind of id, and those of other clinics their own.
  const doctor = await aDoctor(database, await aClinic(database))
  const changed = await rest.call('updateDoctor', {
    path: { doctorId: doctor.id },
    as: await rest.aMember(doctor.clinicNo, 'admin'),
    body: { externalIds: ids(value) },
  })
  expect(changed.status).toBe(200)
})

test.for([
  ['a system with |', [{ system: 'a|b', value: '1' }], '/externalIds/0/system'],
  ['a blank value', [{ system: 'a', value: ' ' }], '/externalIds/0/value'],
  [
    'the same twice',
    [
      { system: 'a', value: '1' },
      { system: 'a ', value: ' 1' },
    ],
    '/externalIds/1',
  ],
  ['what is too long in NFC', [{ system: 'a', value: '\u0958'.repeat(200) }], '/externalIds/0'],
  ['21 of them', Array.from({ length: 21 }, (_, n) => ({ system: 'a', value: `${n}` })), '/externalIds'],
] as const)('refused: %s', async ([, externalIds, path], { database, rest }) => {
  const { create } = await aScene(database, rest, 'doctor')
  expect((await create([...externalIds])).problem).toMatchObject({ status: 400, errors: [{ path }] })
})
