import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newId } from '../model/id.ts'
import { cursorOf, InvalidCursor } from './cursor.ts'

const byName = cursorOf('clinics', ['name', 'id'])
const byTime = cursorOf('bookings', ['micros', 'id'])

test('a cursor decodes to the values it was encoded from, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }), (name) => {
      fc.pre([...name].length <= 200 && !name.includes('\0'))
      const id = newId(7)
      const cursor = byName.encode(name, id)
      expect(cursor).toMatch(/^[\w-]+$/)
      expect(byName.decode(cursor)).toEqual([name, id])
    }),
  )
  expect(byTime.decode(byTime.encode('-1767225600000001', newId(1)))[0]).toBe('-1767225600000001')
})

describe('a cursor that the list never returned is refused', () => {
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const id = newId(7)

  test.each([
    ['nothing', ''],
    ['noise', '%%%'],
    ['not JSON', Buffer.from('[').toString('base64url')],
    ['another list’s', byName.encode('A', id)],
    ['too few parts', encoded(['bookings', '1'])],
    ['too many parts', encoded(['bookings', '1', id, id])],
    ['a number', encoded(['bookings', 1, id])],
    ['a time that is not one', encoded(['bookings', "1'; drop table slot", id])],
    ['a time out of bounds', encoded(['bookings', '12345678901234567', id])],
    ['an id that is not one', encoded(['bookings', '1', 'x'])],
    ['an object', encoded({ list: 'bookings' })],
    ['a NUL', encoded(['bookings', '1\0', id])],
    ['huge', 'A'.repeat(100_000)],
  ])('%s', (_, cursor) => {
    expect(() => byTime.decode(cursor)).toThrow(InvalidCursor)
  })

  test('anything', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => Buffer.from(json).toString('base64url')),
        ),
        (cursor) => {
          expect(() => byTime.decode(cursor)).toThrow(InvalidCursor)
        },
      ),
    )
  })

  test('a name with a NUL, which PostgreSQL cannot store', () => {
    expect(() => byName.decode(encoded(['clinics', 'a\0b', id]))).toThrow(InvalidCursor)
  })
})
