import type { BuiltDoctor, TestDatabase } from '@holdfast/testkit'
import { waitlistSearchedMax } from '@holdfast/vocabulary'
import { expect, vi } from 'vitest'
import { freshTest } from '../../test/waitlist.ts'

const patient = { name: 'Grace Hopper', phone: '+44 1632 960001' }
const joinedAt = new Date('2026-01-01T09:00:00Z')
const all = { doctorId: null, specialization: null, limit: 25, cursor: null }

/** So many entries of others, which have ended, and joined later. */
async function endedOthers({ ownerPool }: TestDatabase, { clinicNo, id }: BuiltDoctor, count: number) {
  await ownerPool.query(
    `insert into holdfast.waitlist_entry (clinic_no, id, resource_id, from_date, to_date, joined_at, patient, ended_at,
       end_reason)
     select $1::int, holdfast.new_id($1::int, now()), $2, '2026-02-01', '2026-02-09',
            $3::timestamptz + n * interval '1 minute', jsonb_build_object('name', 'Patient ' || n), now(), 'left'
       from generate_series(1, $4::int) n`,
    [clinicNo, id, joinedAt, count],
  )
  await ownerPool.query('analyze holdfast.waitlist_entry')
}

freshTest(
  'a search of ended entries looks among so many of the newest, and of open ones among all',
  async ({ database, engine, doctor, wait }) => {
    const { clinicNo } = doctor
    const { id: ended } = await wait({ patient, joinedAt })
    await engine.waitlist.leave(ended, 'left', null)
    await endedOthers(database, doctor, waitlistSearchedMax - 1)
    const found = async (status: 'ended' | 'open' | null, q = 'hopper') =>
      (await engine.waitlist.entriesOfClinic({ ...all, clinicNo, status, q })).items.map(({ id }) => id)
    expect(await found('ended')).toEqual([ended])
    const { id: open } = await wait({ patient, joinedAt: new Date(joinedAt.getTime() - 60_000) })
    await endedOthers(database, doctor, 1)
    expect(await found('ended')).toEqual([])
    expect(await found('ended', ended.slice(-8))).toEqual([])
    expect(await found('ended', ended)).toEqual([ended])
    expect(await found('open')).toEqual([open])
    expect(await found(null)).toEqual([open])
  },
)

freshTest('ended entries are compared no more; with another bound, they are', async ({ database, engine, doctor }) => {
  const { clinicNo } = doctor
  await endedOthers(database, doctor, waitlistSearchedMax * 2)
  const queries = vi.spyOn(database.appPool, 'query')
  await engine.waitlist.entriesOfClinic({ ...all, clinicNo, status: 'ended', q: 'nobody' })
  const [query] = queries.mock.calls[0] as unknown as [{ text: string; values: unknown[] }]
  queries.mockRestore()
  const comparedBy = async (searchedMax: number) => {
    const values = query.values.map((value) => (value === waitlistSearchedMax ? searchedMax : value))
    const { rows } = await database.ownerPool.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, format json) ${query.text}`,
      values,
    )
    return mostLoops(rows[0]?.['QUERY PLAN'][0].Plan)
  }
  expect(await comparedBy(waitlistSearchedMax)).toBe(waitlistSearchedMax)
  expect(await comparedBy(waitlistSearchedMax * 2)).toBe(waitlistSearchedMax * 2)
})

type Plan = { 'Actual Loops': number; Plans?: Plan[] }

/** How often the part of a plan ran that ran most often: the comparison, which is a part for each row. */
function mostLoops(plan: Plan | undefined): number {
  if (plan === undefined) return 0
  return Math.max(plan['Actual Loops'], ...(plan.Plans ?? []).map(mostLoops))
}
