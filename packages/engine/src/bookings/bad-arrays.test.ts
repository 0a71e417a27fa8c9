import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'

type Arrays = {
  units?: (number | null)[]
  keys?: (string | null)[]
  actors?: (string | null)[]
  patients?: (string | null)[]
}

const claim = (database: TestDatabase, arrays: Arrays = {}) => {
  const { units = [1], keys = [randomUUID()], actors = [null], patients = ['{"name": "Ada"}'] } = arrays
  return database.appPool.query(
    'select * from holdfast.claim_slots($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
    [[1], [randomUUID()], [newId(1)], units, keys, [randomUUID()], [false], [null], actors, [null], patients, [null]],
  )
}

test('claim_slots rejects units below one, missing keys and patients, and unequal arrays', async ({ database }) => {
  // The control: the same call with nothing wrong succeeds.
  expect((await claim(database)).rows).toMatchObject([{ outcomes: ['slot_missing'], tx: null }])
  const wrong: [Arrays, RegExp][] = [
    [{ units: [0] }, /units must be 1 to 1000000, not \{0\}/],
    [{ units: [-5] }, /units must be 1 to 1000000, not \{-5\}/],
    [{ units: [null] }, /units must be 1 to 1000000/],
    [{ units: [1_000_001] }, /units must be 1 to 1000000/],
    [{ keys: [null] }, /needs a key, a hash and a patient/],
    [{ patients: [null] }, /needs a key, a hash and a patient/],
    [{ units: [1, 1] }, /arrays of the same length/],
    [{ units: [] }, /arrays of the same length/],
    [{ actors: [null, null] }, /arrays of the same length/],
    [{ actors: [] }, /arrays of the same length/],
  ]
  for (const [arrays, message] of wrong) {
    await expect(claim(database, arrays)).rejects.toMatchObject({
      code: '22023',
      message: expect.stringMatching(message),
      detail: undefined,
    })
  }
})

test('claim_slot reports units below one, missing keys, hashes, patients or confirm flags', async ({ database }) => {
  const right = { units: 1, key: randomUUID(), hash: randomUUID(), confirm: false, patient: '{"name": "Ada"}' }
  const claimAlone = (overrides: { [name in keyof typeof right]?: (typeof right)[name] | null }) => {
    const { units, key, hash, confirm, patient } = { ...right, ...overrides }
    return database.appPool.query(
      'select * from holdfast.claim_slot(1, $1, $2, $3, $4, $5, $6, null, null, null, $7, null)',
      [randomUUID(), newId(1), units, key, hash, confirm, patient],
    )
  }
  expect((await claimAlone({})).rows).toMatchObject([{ outcome: 'slot_missing' }])
  const wrong: [Parameters<typeof claimAlone>[0], RegExp][] = [
    [{ units: 0 }, /units must be 1 to 1000000, not 0/],
    [{ units: -5 }, /units must be 1 to 1000000, not -5/],
    [{ units: null }, /units must be 1 to 1000000/],
    [{ units: 1_000_001 }, /units must be 1 to 1000000, not 1000001/],
    [{ key: null }, /needs a key, a hash and a patient/],
    [{ hash: null }, /needs a key, a hash and a patient/],
    [{ patient: null }, /needs a key, a hash and a patient/],
    [{ confirm: null }, /and whether to confirm it/],
  ]
  for (const [overrides, message] of wrong) {
    await expect(claimAlone(overrides)).rejects.toMatchObject({
      code: '22023',
      message: expect.stringMatching(message),
      detail: undefined,
    })
  }
})

test('an unknown action and arrays of different lengths are named in the error', async ({ database }) => {
  const settle = (actions: (string | null)[], patients: string[] | null = null) =>
    database.appPool.query('select * from holdfast.settle_bookings($1, $2, $3, $4, $5, $6, $7, $8)', [
      [1],
      [randomUUID()],
      actions,
      [null],
      [false],
      [null],
      [null],
      patients,
    ])
  expect((await settle(['confirm'])).rows).toMatchObject([{ outcome: 'booking_missing' }])
  await expect(settle(['delete'])).rejects.toMatchObject({
    code: '22023',
    message: expect.stringMatching(/not \{delete\}/),
  })
  await expect(settle([null])).rejects.toMatchObject({ code: '22023' })
  await expect(settle(['confirm', 'confirm'])).rejects.toMatchObject({ code: '22023' })
  const ada = '{"name": "Ada"}'
  expect((await settle(['confirm'], [ada])).rows).toMatchObject([{ outcome: 'booking_missing' }])
  for (const patients of [[], [ada, ada]]) {
    await expect(settle(['confirm'], patients)).rejects.toMatchObject({ code: '22023' })
  }
  const move = (slotIds: string[]) =>
    database.appPool.query(sql`
      select * from holdfast.move_bookings(${[1]}, ${[randomUUID()]}, ${slotIds}, ${[null]}, ${[false]})`)
  expect((await move([randomUUID()])).rows).toMatchObject([{ outcome: 'booking_missing' }])
  await expect(move([])).rejects.toMatchObject({ code: '22023' })
})
