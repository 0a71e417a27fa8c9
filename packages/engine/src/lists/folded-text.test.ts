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
  'ƏLİYEV Əhməd əhməd, ĦASSAN Ħassan, Қасымов ҚАСЫМОВ, Ŋ ŊAKA',
  'ﬁ ﬀ Ｗｉｄｅ ① Ⅷ ſ K և ŉ Ⴀ Ა ა Ꭰ ꭰ 𐐀',
  'Gonc\u0327alves \\ % _ 100',
]

test.for(texts)('%s is folded alike in SQL and here', async (text, { database }) => {
  const { rows } = await database.appPool.query<{ folded: string }>(sql`select ${folded(sql`${text}::text`)} as folded`)
  expect(rows[0]?.folded).toBe(foldedHere(text))
})

/** Every letter of Unicode. */
const letters = Array.from({ length: 0x11_00_00 }, (_, codePoint) => codePoint)
  .filter((codePoint) => codePoint < 0xd8_00 || codePoint > 0xdf_ff)
  .map((codePoint) => String.fromCodePoint(codePoint))
  .filter((letter) => /\p{L}/u.test(letter))

/** Letters with a decomposition that are in Unicode only since a version after that of PostgreSQL 15. */
const newLetter = /[\ua7f1\u{105c9}\u{105e4}\u{11380}-\u{11391}\u{16d68}-\u{16d6a}\u{1e030}-\u{1e06d}]/u

test('every letter of Unicode is folded alike in SQL and here', async ({ database }) => {
  const { rows } = await database.appPool.query<{ letter: string; folded: string; isPlain: boolean }>(sql`
    select l.letter, ${folded(sql`l.letter`)} as folded, normalize(l.letter, NFKD) = l.letter as "isPlain"
      from unnest(${letters}::text[]) l(letter)`)
  expect(rows).toHaveLength(letters.length)
  // An older Unicode of the database does not know what these consist of.
  const newer = rows.filter(({ letter, isPlain }) => isPlain && letter.normalize('NFKD') !== letter)
  for (const { letter } of newer) expect(letter).toMatch(newLetter)
  const known = rows.filter((row) => !newer.includes(row))
  expect(known.filter(({ letter, folded }) => folded !== foldedHere(letter))).toEqual([])
})

test('every letter of Unicode is found by its capital and by its small letter', () => {
  // A small letter of Greek with an iota below has the capital with a whole iota.
  const withIotaBelow = (letter: string) => letter.normalize('NFD').includes('\u0345')
  const isFoldedApart = (letter: string) =>
    foldedHere(letter) !== foldedHere(letter.toLowerCase()) ||
    (foldedHere(letter) !== foldedHere(letter.toUpperCase()) && !withIotaBelow(letter))
  expect(letters.length).toBeGreaterThan(130_000)
  expect(letters.filter(isFoldedApart)).toEqual([])
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
