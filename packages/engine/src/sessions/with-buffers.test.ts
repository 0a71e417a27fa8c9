import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

test('an empty time has no buffers', async ({ database }) => {
  const { rows } = await database.ownerPool.query(`
    select isempty(holdfast.with_buffers(tstzrange('2030-01-01', '2030-01-01'))) as empty,
     holdfast.with_buffers(tstzrange('2030-01-01 10:00Z', '2030-01-01 11:00Z'))
       = tstzrange('2030-01-01 06:00Z', '2030-01-01 15:00Z') as hour`)
  expect(rows).toEqual([{ empty: true, hour: true }])
})
