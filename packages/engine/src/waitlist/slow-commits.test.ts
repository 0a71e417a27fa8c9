import { type BuiltDoctor, plantFunction, type TestDatabase, until } from '@holdfast/testkit'
import { expect } from 'vitest'
import { anEntry, joined } from '../../test/joined.ts'
import { freshTest, test } from '../../test/waitlist.ts'
import type { Engine } from '../model/engine.ts'

/**
 * Somebody joins while eight sessions give back places again and again, each in a transaction that lasts 150 to 220 ms,
 * as with a standby far away.
 *
 * @returns the SQLSTATE with which the join failed; null: it did not
 */
async function joinBesideSlowCommits(database: TestDatabase, engine: Engine, doctor: BuiltDoctor) {
  let isOver = false
  const giveBackAgainAndAgain = async (seconds: number) => {
    const client = await database.ownerPool.connect()
    await client.query('set lock_timeout = 0')
    while (!isOver) {
      await client.query('select pg_sleep($2) from holdfast.lock_waitlists(array[$1::int])', [doctor.clinicNo, seconds])
    }
    client.release(true)
  }
  const sessions = [0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.21, 0.22].map(giveBackAgainAndAgain)
  await until(
    async () => {
      const { rowCount } = await database.ownerPool.query(
        "select from pg_locks where locktype = 'advisory' and classid = 1215261799 and granted and objid = $1",
        [doctor.clinicNo],
      )
      return (rowCount ?? 0) > sessions.length / 2 ? true : undefined
    },
    () => 'Most sessions give back places.',
  )
  const [joining] = await Promise.allSettled([joined(engine.waitlist, anEntry(doctor))])
  isOver = true
  await Promise.all(sessions)
  return joining.status === 'rejected' ? String(joining.reason.code) : null
}

test('somebody joins while commits are slow, and places are given back meanwhile', async ({
  database,
  engine,
  doctor,
}) => {
  expect(await joinBesideSlowCommits(database, engine, doctor)).toBeNull()
})

freshTest('negative control: with short tries only, nobody joins', async ({ database, engine, doctor }) => {
  await plantFunction(database, 'lock_joining', { part: /'\{50[^']*'/, becomes: 'array_fill(50, array[40])' })
  expect(await joinBesideSlowCommits(database, engine, doctor)).toBe('55P03')
})
