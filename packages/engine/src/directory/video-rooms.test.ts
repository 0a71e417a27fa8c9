import { aClinic, aDoctor, type BuiltDoctor, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import { createDirectory } from './create-directory.ts'

let doctor: BuiltDoctor
let colleague: BuiltDoctor
test.beforeEach(async ({ database }) => {
  const clinic = await aClinic(database)
  doctor = await aDoctor(database, clinic)
  colleague = await aDoctor(database, clinic)
})

const directory = (database: TestDatabase) => createDirectory(database.appPool, () => undefined)
const address = 'https://meet.example.org/{room}'

test('a room is set, changed and removed for one doctor only', async ({ database }) => {
  expect(await directory(database).videoRooms([doctor.id, colleague.id])).toEqual(new Map())
  expect(await directory(database).setVideoRoom(doctor.id, address)).toBe(true)
  expect(await directory(database).setVideoRoom(colleague.id, `${address}/2`)).toBe(true)
  expect(await directory(database).videoRooms([doctor.id, colleague.id, doctor.id])).toEqual(
    new Map([
      [doctor.id, address],
      [colleague.id, `${address}/2`],
    ]),
  )
  expect(await directory(database).setVideoRoom(doctor.id, null)).toBe(true)
  expect(await directory(database).videoRooms([doctor.id, colleague.id])).toEqual(
    new Map([[colleague.id, `${address}/2`]]),
  )
})

test('for an id that is not a doctor there is no room, and none is set', async ({ database }) => {
  const equipment = newId(doctor.clinicNo)
  await database.ownerPool.query(sql`insert into holdfast.resource (clinic_no, id, kind, name, units)
      values (${doctor.clinicNo}, ${equipment}, 'equipment', 'C-arm', 1)`)
  for (const id of ['x', '', newId(doctor.clinicNo), equipment]) {
    expect(await directory(database).setVideoRoom(id, address)).toBe(false)
    expect(await directory(database).videoRooms([id])).toEqual(new Map())
  }
  expect(await directory(database).videoRooms([])).toEqual(new Map())
})

test('a doctor is returned without the room, in lists too; the change is logged', async ({ database }) => {
  const read = async () => {
    const query = { clinicId: doctor.clinicId, specialization: null, q: null, appointmentType: null, cursor: null }
    const lists = (['name', 'soonest'] as const).map((sort) =>
      directory(database).doctors({ ...query, includeInactive: true, sort, limit: 9 }),
    )
    return JSON.stringify([await directory(database).doctor(doctor.id), await Promise.all(lists)])
  }
  const before = await read()
  await directory(database).setVideoRoom(doctor.id, address)
  expect(await read()).toBe(before)
  const { rows } = await database.ownerPool.query(sql`select resource_id from holdfast.directory_change
      where clinic_no = ${doctor.clinicNo} order by seq desc limit 1`)
  expect(rows).toEqual([{ resource_id: doctor.id }])
})

test.for([
  'http://meet.example.org/',
  'javascript:alert(1)',
  'https://meet.example.org/a\nb',
  'https://meet.example.org/a b',
  `https://meet.example.org/${'x'.repeat(476)}`,
])('the table’s constraint rejects %j', async (wrong, { database }) => {
  await expect(directory(database).setVideoRoom(doctor.id, wrong)).rejects.toMatchObject({
    code: '23514',
    constraint: 'resource_video_room_check',
  })
  expect(await directory(database).setVideoRoom(doctor.id, `https://meet.example.org/${'x'.repeat(475)}`)).toBe(true)
})
