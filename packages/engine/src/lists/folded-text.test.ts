import { createEmptyDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'
import { folded, foldedHere } from './folded-text.ts'

const texts = [
  'Groß, Jürgen GROẞ',
  'Łukasz Đoković Ærø Øystein ıİ Œuvre Þór Ðóra',
  'D`Arcy O\u0027Brien ASCII',
  'O’Brien, O\u0027Brien, D`Arcy, D´Arcy',
  '٠١٢٣ ۴۵۶ ١٢٣٤٥٦٧٨٩۰',
  'ΠΑΠΑΔΌΠΟΥΛΟΣ Παπαδόπουλος ΙΩΆΝΝΗΣ, ИВАНОВ Йосиф Ёлкин Їжак ҐЄІ Ђорђе ЉЊЋЏЈ, ՍԱՐԳՍՅԱՆ Սարգսյան',
  'فَاطِمَة مُوسَى أحمد ٱلله سـارة',
  'Gonc\u0327alves \\ % _ 100',
]

test.for(texts)('%s is folded alike in SQL and here', async (text, { database }) => {
  const { rows } = await database.appPool.query<{ folded: string }>(sql`select ${folded(sql`${text}::text`)} as folded`)
  expect(rows[0]?.folded).toBe(foldedHere(text))
})

test('each letter beyond ASCII of Latin names is folded to ASCII', () => {
  expect(foldedHere(texts[1] ?? '')).toBe('lukasz dokovic aro oystein ii ouvre tor dora')
})

test('upper case is folded in a database whose locale is C', async ({ postgres }) => {
  const { ownerUrl, drop } = await createEmptyDatabase()
  const name = `${postgres.run}_locale_c`
  const owner = createPool({ url: ownerUrl, max: 1, name: 'test' })
  try {
    await owner.query(`create database ${name} encoding 'UTF8' locale_provider libc locale 'C' template template0`)
    const pool = createPool({ url: changeDatabaseUrl(ownerUrl, { database: name }), max: 1, name: 'test' })
    for (const text of texts) {
      const { rows } = await pool.query(sql`select ${folded(sql`${text}::text`)} as folded, lower('ИВ') as lower`)
      expect(rows).toEqual([{ folded: foldedHere(text), lower: 'ИВ' }])
    }
    await pool.end()
  } finally {
    await owner.query(`drop database if exists ${name} with (force)`)
    await owner.end()
    await drop()
  }
})
