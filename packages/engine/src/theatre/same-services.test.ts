import { readFile } from 'node:fs/promises'
import { createEmptyDatabase } from '@holdfast/testkit'
import { serviceKey } from '@holdfast/vocabulary'
import type pg from 'pg'
import { expect } from 'vitest'
import { aCase, soonAt, test } from '../../test/theatre.ts'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { createPool } from '../database/pools.ts'

const same = [
  ['İç hastalıkları', 'iç hastalıkları', 'İÇ HASTALıKLARı', 'i\u0307ç hastalıkları', 'I\u0307Ç hastalıkları'],
  ['ΟΦΘΑΛΜΟΣ', 'οφθαλμος', 'οφθαλμοσ'],
  ['Chirurgie für Ältere', 'CHIRURGIE FÜR ÄLTERE'],
  ['Хирургия Ё', 'хирургия ё'],
  ['Կարդիո', 'ԿԱՐԴԻՈ'],
  ['Groß', 'GROẞ'],
  ['Gross'],
  ['جراحة'],
  ['Surgery 2 \\ % \u0027', 'SURGERY 2 \\ % \u0027'],
]

/** Every letter of Unicode up to the end of polytonic Greek, and those beyond that have two sizes. */
const letters = Array.from({ length: 0x1_ff_ff }, (_, codePoint) => codePoint)
  .filter((codePoint) => codePoint > 0 && (codePoint < 0xd8_00 || codePoint > 0xdf_ff))
  .map((codePoint) => String.fromCodePoint(codePoint))
  .filter((letter, index) => index < 0x20_00 || letter.toLowerCase() !== letter)

type Pair = readonly [string, string]

/** Whether the database takes the two texts of each pair for one service. */
async function areSame(pool: pg.Pool, pairs: readonly Pair[]): Promise<boolean[]> {
  const { rows } = await pool.query<{ same: boolean }>(
    `select holdfast.are_same_service(u.one, u.other) as same
       from unnest($1::text[], $2::text[]) with ordinality u(one, other, n) order by u.n`,
    [pairs.map(([one]) => one), pairs.map(([, other]) => other)],
  )
  return rows.map(({ same }) => same)
}

async function expectSameRule(pool: pg.Pool): Promise<void> {
  const spellings = same.flat()
  const pairs = spellings.flatMap((one) => spellings.map((other): Pair => [one, other]))
  expect(await areSame(pool, pairs)).toEqual(pairs.map(([one, other]) => serviceKey(one) === serviceKey(other)))
  for (const group of same) expect(new Set(group.map(serviceKey)).size, group.join()).toBe(1)
  expect(new Set(spellings.map(serviceKey)).size).toBe(same.length)
  const neighbours = letters.flatMap((letter, index): Pair[] => [
    [letter, serviceKey(letter)],
    [letter, letters[index + 1] ?? ''],
  ])
  const found = await areSame(pool, neighbours)
  const different = neighbours.filter(([one, other], index) => found[index] !== (serviceKey(one) === serviceKey(other)))
  // Capitals that were added to Unicode after the database's ICU was made, such as the Georgian ones of 2018, stay.
  expect(different.filter(([one, other]) => serviceKey(one) !== serviceKey(other))).toEqual([])
  expect(different.length).toBeLessThan(250)
}

test('the database and TypeScript take the same spellings for one service', async ({ database }) => {
  expect(letters.length).toBeGreaterThan(8_000)
  await expectSameRule(database.ownerPool)
})

test('so does a database whose locale is C', async ({ postgres }) => {
  const { ownerUrl, drop } = await createEmptyDatabase()
  const name = `${postgres.run}_service_c`
  const owner = createPool({ url: ownerUrl, max: 1, name: 'test' })
  try {
    await owner.query(`create database ${name} encoding 'UTF8' locale_provider libc locale 'C' template template0`)
    const pool = createPool({ url: changeDatabaseUrl(ownerUrl, { database: name }), max: 1, name: 'test' })
    await pool.query('create schema holdfast')
    await pool.query(
      await readFile(new URL('../../sql/functions/theatre/are_same_service.sql', import.meta.url), 'utf8'),
    )
    await expectSameRule(pool)
    await pool.end()
  } finally {
    await owner.query(`drop database if exists ${name} with (force)`)
    await owner.end()
    await drop()
  }
})

test.for([
  ['İç hastalıkları', 'iç hastalıkları'],
  ['ΟΦΘΑΛΜΟΣ', 'οφθαλμος'],
] as const)('a block of %s is for cases of %s', async ([service, spelled], { scene }) => {
  const { theatre, room: roomId } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(15), capacity: 420 }]
  const owner = { service, surgeonId: null, releaseDays: null }
  await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  expect(await theatre.claimCase(aCase(scene, { service: spelled }))).toMatchObject({ kind: 'booked' })
  expect(await theatre.claimCase(aCase(scene, { service: 'Cardiac', startsAt: soonAt(12) }))).toMatchObject({
    conflicts: [{ kind: 'block_owned' }],
  })
})
