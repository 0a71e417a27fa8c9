import { setTimeout } from 'node:timers/promises'
import { type BuiltDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { anEntry, joined } from '../../test/joined.ts'
import { freshTest, test } from '../../test/waitlist.ts'
import type { Engine } from '../model/engine.ts'

/**
 * Somebody joins while two sessions give back places in turn, as with a standby far away: each holds its lock until the
 * other one has it, or for 200 ms if the other one has to wait behind the joining transaction. No barrier can stand for
 * that time: how long a commit takes is tested against the time limit of each try.
 *
 * @returns the SQLSTATE with which the join failed; null: it did not
 */
async function joinBesideSlowCommits(database: TestDatabase, engine: Engine, doctor: BuiltDoctor) {
  let isOver = false
  let [holder, next] = await Promise.all([database.ownerPool.connect(), database.ownerPool.connect()])
  const clients = [holder, next]
  const giveBack = (client: typeof holder) =>
    client.query(`begin; set local lock_timeout = 0; select holdfast.lock_waitlists(array[${doctor.clinicNo}])`)
  await giveBack(holder)
  const handOverAgainAndAgain = async () => {
    while (!isOver) {
      const taken = giveBack(next)
      await Promise.race([taken, setTimeout(200)])
      await holder.query('commit')
      await taken
      ;[holder, next] = [next, holder]
    }
    await holder.query('commit')
  }
  const handingOver = handOverAgainAndAgain()
  const [joining] = await Promise.allSettled([joined(engine.waitlist, anEntry(doctor))])
  isOver = true
  await handingOver
  for (const client of clients) {
    client.release()
  }
  return joining.status === 'rejected' ? String(joining.reason.code) : null
}

test('somebody joins while commits are slow, as places are given back', async ({ database, engine, doctor }) => {
  expect(await joinBesideSlowCommits(database, engine, doctor)).toBeNull()
})

freshTest('negative control: with short tries only, nobody joins', async ({ database, engine, doctor }) => {
  await plantFunction(database, 'lock_joining', { part: /'\{50[^']*'/, becomes: 'array_fill(50, array[40])' })
  expect(await joinBesideSlowCommits(database, engine, doctor)).toBe('55P03')
})
