import {
  aClinic,
  aCombination,
  aDoctor,
  aSession,
  aTimeClaim,
  aVisitType,
  checkHistory,
  createTestDatabase,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { runTimeClaimBatch } from './claim-times.ts'

const clients = 12
const claimsPerClient = 15

/** So many clients claim times of one session for visits of three lengths and a combination, in batches of five. */
async function claimTogether(database: TestDatabase): Promise<{ booked: number }> {
  const clinic = await aClinic(database)
  const session = await aSession(database, await aDoctor(database, clinic), { minutes: 480, gridMinutes: 5 })
  const single = await Promise.all([
    aVisitType(database, clinic, { minutes: 10, bufferAfterMinutes: 5, combinable: true }),
    aVisitType(database, clinic, { minutes: 25, bufferBeforeMinutes: 5, combinable: true }),
    aVisitType(database, clinic, { minutes: 45, bufferBeforeMinutes: 10, bufferAfterMinutes: 10 }),
  ])
  const types = [...single, await aCombination(database, clinic, single.slice(0, 2))]
  let booked = 0
  const client = async (number: number) => {
    const requests = Array.from({ length: claimsPerClient }, (_, n) => {
      const type = types[(number + n) % types.length] ?? { id: '' }
      return aTimeClaim(session, type, ((number * 7 + n * 13) % 90) * 5, { confirm: true })
    })
    for (let first = 0; first < requests.length; first += 5) {
      const results = await runTimeClaimBatch(database.appPool, requests.slice(first, first + 5))
      booked += results.filter((one) => one.kind === 'completed' && one.outcome.kind === 'booked').length
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return { booked }
}

/** Pairs of visits of one doctor that overlap with their buffers: compared all with all. */
async function overlapsIn(database: TestDatabase): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(`select count(*)::int as count
       from holdfast.slot a
       join holdfast.slot b on b.resource_id = a.resource_id and b.id > a.id and b.taken > 0
      where a.taken > 0
        and a.starts_at - make_interval(mins => a.buffer_before_minutes)
            < b.ends_at + make_interval(mins => b.buffer_after_minutes)
        and b.starts_at - make_interval(mins => b.buffer_before_minutes)
            < a.ends_at + make_interval(mins => a.buffer_after_minutes)`)
  return rows[0]?.count ?? -1
}

describe('visits of many clients at the same time', () => {
  test('none overlap with their buffers, single or combined, and all that was booked is there', async ({
    database,
  }) => {
    const { booked } = await claimTogether(database)
    expect(booked).toBeGreaterThan(5)
    expect(await overlapsIn(database)).toBe(0)
    expect(await checkHistory(database)).toEqual([])
    const { rows } = await database.ownerPool.query('select sum(taken)::int as taken from holdfast.slot')
    expect(rows).toEqual([{ taken: booked }])
    const combined = await database.ownerPool.query(`
      select from holdfast.slot s join holdfast.visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
       where t.part_ids is not null and s.taken > 0`)
    expect(combined.rowCount).toBeGreaterThan(0)
  })

  test('negative control: without the lock of the doctor, visits overlap, or the backstop finds it', async () => {
    const unguarded = await createTestDatabase()
    await plantFunction(unguarded, 'claim_times', {
      part: /perform 1 from resource r.*?for no key update;/s,
      becomes: '',
    })
    let found = 0
    for (let round = 0; round < 5 && found === 0; round += 1) {
      const failed = await claimTogether(unguarded).then(
        () => 0,
        // Two that insert overlapping slots may each wait for the other.
        (error: { code?: string }) => (/^(23P01|40P01)$/.test(error.code ?? '') ? 1 : Promise.reject(error)),
      )
      found = failed + (await overlapsIn(unguarded))
    }
    expect(found).toBeGreaterThan(0)
  })
})
