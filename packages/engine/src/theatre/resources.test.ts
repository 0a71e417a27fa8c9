import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aRoom, aTheatre } from '../../test/theatre.ts'

test('all staff and equipment is listed by name, also more than a thousand', async ({ database }) => {
  const { theatre, clinic } = await aTheatre(database)
  await database.ownerPool.query(
    `insert into holdfast.resource (clinic_no, id, kind, name, profession)
     select $1, holdfast.new_id($1, now()), 'staff', to_char(n, 'FM00000'), 'nurse' from generate_series(1, 1001) n`,
    [clinic.no],
  )
  await database.ownerPool.query(
    `insert into holdfast.resource (clinic_no, id, kind, name, units)
     select $1, holdfast.new_id($1, now()), 'equipment', to_char(n, 'FM00000'), 1 from generate_series(1, 1001) n`,
    [clinic.no],
  )
  const staff = await theatre.staff(clinic.no)
  expect(staff).toHaveLength(1_001)
  expect(staff.at(-1)?.name).toBe('01001')
  expect(await theatre.equipment(clinic.no)).toHaveLength(1_002)
})

test('rooms are listed with the numbers in their names by value', async ({ database }) => {
  const { theatre, clinic } = await aTheatre(database)
  for (const name of ['OR 10', 'OR 2', 'or 3', 'OR 1', 'OR 2b', 'Annex', 'annex 2'])
    await aRoom(theatre, clinic, { name })
  const rooms = await theatre.rooms(clinic.no)
  expect(rooms.map(({ name }) => name)).toEqual([
    'Annex',
    'annex 2',
    'OR 1',
    'OR 2',
    'OR 2b',
    'or 3',
    'OR 10',
    'Room 1',
  ])
})
