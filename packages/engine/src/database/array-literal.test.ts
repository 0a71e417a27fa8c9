import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import fc from 'fast-check'
import { expect } from 'vitest'
import { asSent, jsonArray, plainArray, readPlainArray, textArray } from './array-literal.ts'

async function read(database: TestDatabase, literal: string, type: string): Promise<unknown> {
  const { rows } = await database.appPool.query<{ value: unknown }>(`select $1::${type}[] as value`, [literal])
  return rows[0]?.value
}

const nasty = [
  '',
  ' ',
  'NULL',
  'null',
  '"',
  '\\',
  '{a,b}',
  'a,b',
  "O'Brien",
  '\n\t\r\b\f\u0001\u2028',
  '日本語 🏥',
  '\\"',
  '\\n',
]

test('values without quotes come back as they were', async ({ database }) => {
  expect(
    await read(
      database,
      plainArray([1, null, -3], (value) => value),
      'integer',
    ),
  ).toEqual([1, null, -3])
  expect(
    await read(
      database,
      plainArray([true, false, null], (value) => value),
      'boolean',
    ),
  ).toEqual([true, false, null])
  const id = '018f0000-0000-8000-8000-000000000001'
  expect(
    await read(
      database,
      plainArray([id, null], (value) => value),
      'uuid',
    ),
  ).toEqual([id, null])
  expect(
    await read(
      database,
      plainArray([], (value: string) => value),
      'uuid',
    ),
  ).toEqual([])
})

test('an array in a result is read as it is in the database, also if it is empty', async ({ database }) => {
  const sent = async (array: string) => {
    const { rows } = await database.appPool.query<{ value: string }>({
      text: `select ${array} as value`,
      types: asSent,
    })
    return readPlainArray(rows[0]?.value ?? '')
  }
  const id = '018f0000-0000-8000-8000-000000000001'
  expect(await sent(`array['${id}', null]::uuid[]`)).toEqual([id, null])
  expect(await sent('array[-1, null, 7]')).toEqual(['-1', null, '7'])
  expect(await sent('array[true, false]')).toEqual(['t', 'f'])
  expect(await sent("array['slot_closed:withdrawn', null, 'in_person']")).toEqual([
    'slot_closed:withdrawn',
    null,
    'in_person',
  ])
  // An element with a space is quoted.
  expect(await sent("array['2026-11-21 08:00:00.5+00', null, 'infinity']::timestamptz[]")).toEqual([
    '2026-11-21 08:00:00.5+00',
    null,
    'infinity',
  ])
  expect(await sent('array[18446744073709551615::text::xid8]')).toEqual(['18446744073709551615'])
  expect(await sent("'{}'::uuid[]")).toEqual([])
  expect(await sent("array['', 'NULL', ' ']")).toEqual(['', 'NULL', ' '])
  for (const unreadable of ["array['a,b']", "array['\"']", "array['\\']", "array[',']", "array['a', ',b']"]) {
    await expect(sent(unreadable)).rejects.toThrow(/An array of plain values cannot be read/)
  }
})

test('any text is stored and read unchanged, as text and inside JSON', async ({ database }) => {
  expect(
    await read(
      database,
      textArray([...nasty, null], (text) => text),
      'text',
    ),
  ).toEqual([...nasty, null])
  const objects = nasty.map((text) => ({ [text]: text }))
  expect(
    await read(
      database,
      jsonArray([...objects, null], (value) => value),
      'jsonb',
    ),
  ).toEqual([...objects, null])
})

test('any text that PostgreSQL can hold', async ({ database }) => {
  const storable = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && text.isWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(storable, { maxLength: 20 }), async (texts) => {
      expect(
        await read(
          database,
          textArray(texts, (text) => text),
          'text',
        ),
      ).toEqual(texts)
      const objects = texts.map((text) => ({ text }))
      expect(
        await read(
          database,
          jsonArray(objects, (value) => value),
          'jsonb',
        ),
      ).toEqual(objects)
    }),
  )
})
