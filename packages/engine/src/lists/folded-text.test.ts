import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { folded, foldedHere } from './folded-text.ts'

const texts = [
  'Groß, Jürgen GROẞ',
  'Łukasz Đoković Ærø Øystein ıİ Œuvre Þór Ðóra',
  'D`Arcy O\u0027Brien ASCII',
  'O’Brien, O\u0027Brien, D`Arcy, D´Arcy',
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
