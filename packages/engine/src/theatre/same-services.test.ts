import { readFile } from 'node:fs/promises'
import { createEmptyDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { serviceKey } from '@holdfast/vocabulary'
import type pg from 'pg'
import { expect } from 'vitest'
import { aCase, aTheatre, soonAt } from '../../test/theatre.ts'
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

async function keysOf(pool: pg.Pool, texts: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ key: string }>(
    `select holdfast.service_key(u.text) as key from unnest($1::text[]) with ordinality u(text, n) order by u.n`,
    [texts],
  )
  return rows.map(({ key }) => key)
}

async function expectSameKeys(pool: pg.Pool): Promise<void> {
  for (const spellings of same) {
    const keys = new Set([...(await keysOf(pool, spellings)), ...spellings.map(serviceKey)])
    expect([...keys]).toHaveLength(1)
  }
  const keys = await keysOf(pool, letters)
  const different = letters.filter((letter, index) => keys[index] !== serviceKey(letter))
  // Capitals that were added to Unicode after the database's ICU was made, such as the Georgian ones of 2018, stay.
  expect(different.filter((letter) => keys[letters.indexOf(letter)] !== letter)).toEqual([])
  expect(different.length).toBeLessThan(250)
}

test('spellings of a service have one key, in the database and in TypeScript', async ({ database }) => {
  expect(letters.length).toBeGreaterThan(8_000)
  await expectSameKeys(database.ownerPool)
})

test('their key is the same in a database whose locale is C', async ({ postgres }) => {
  const { ownerUrl, drop } = await createEmptyDatabase()
  const name = `${postgres.run}_service_c`
  const owner = createPool({ url: ownerUrl, max: 1, name: 'test' })
  try {
    await owner.query(`create database ${name} encoding 'UTF8' locale_provider libc locale 'C' template template0`)
    const pool = createPool({ url: changeDatabaseUrl(ownerUrl, { database: name }), max: 1, name: 'test' })
    await pool.query('create schema holdfast')
    await pool.query(await readFile(new URL('../../sql/functions/theatre/service_key.sql', import.meta.url), 'utf8'))
    await expectSameKeys(pool)
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
] as const)('a block of %s is for cases of %s', async ([service, spelled], { database }) => {
  const scene = await aTheatre(database)
  const { theatre, room: roomId } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(15), capacity: 420 }]
  const owner = { service, surgeonId: null, releaseDays: null }
  await theatre.createBlocks({ ...owner, roomId, when: { drafts }, dryRun: false, actorId: null })
  expect(await theatre.claimCase(aCase(scene, { service: spelled }))).toMatchObject({ kind: 'booked' })
  expect(await theatre.claimCase(aCase(scene, { service: 'Cardiac', startsAt: soonAt(12) }))).toMatchObject({
    conflicts: [{ kind: 'block_owned' }],
  })
})
