import { createTestDatabase } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import type { DatabasePool } from '../database/database-pool.ts'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'
import { newId } from '../model/id.ts'
import { firstRows } from './first-rows.ts'

const names = ['Zoe', 'anna', 'Anna', 'Änne', 'أحمد', '\u{1D49C}da', '\uFF21da', '', 'Anna B', 'Anna-B', 'anna']
const times = [null, '9', '1700000000000000', '1700000000000001']
const rows = times.flatMap((next_micros) => names.map((name) => ({ name, id: newId(7), next_micros })))

/** All of them, as the database itself sorts them. */
async function sortedByDatabase(pool: DatabasePool) {
  const { rows: sorted } = await pool.query<{ id: string }>(
    `select o.id from unnest($1::uuid[], $2::text[], $3::bigint[]) o(id, name, micros)
      order by o.micros nulls last, o.name, o.id`,
    [rows.map(({ id }) => id), rows.map(({ name }) => name), rows.map(({ next_micros }) => next_micros)],
  )
  return sorted.map(({ id }) => id)
}

test.for(["encoding 'UTF8'", "locale 'C'", "locale_provider icu icu_locale 'de'"])(
  'rows are sorted as a database with %s sorts them',
  async (locale) => {
    const { ownerUrl, ownerPool, drop } = await createTestDatabase()
    const database = `sorted_${newId(7).replaceAll('-', '')}`
    await ownerPool.query(`create database ${database} template template0 ${locale}`)
    const pool = createPool({ url: changeDatabaseUrl(ownerUrl, { database }), max: 1, name: 'test of an order' })
    try {
      const expected = await sortedByDatabase(pool)
      const found = [await firstRows(pool, rows, rows.length), await firstRows(pool, rows.toReversed(), 5)]
      expect(found.map((some) => some.map(({ id }) => id))).toEqual([expected, expected.slice(0, 5)])
    } finally {
      await pool.end()
      await ownerPool.query(`drop database ${database}`)
      await drop()
    }
  },
)

test('rows without times and ids are sorted by name', async () => {
  const { ownerPool, drop } = await createTestDatabase()
  const found = await firstRows(ownerPool, [{ name: 'b' }, { name: 'a' }, { name: 'B' }], 2).finally(drop)
  expect(found).toEqual([{ name: 'B' }, { name: 'a' }])
})
