import { randomUUID } from 'node:crypto'
import { aDoctor } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aCase, type BuiltTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'

const minuteMs = 60_000

/** Cases of these minutes, from in_room to out_of_room, each begun an hour after the one before. */
async function someDone(
  { theatre, ...scene }: BuiltTheatre,
  from: Date,
  minutes: number[],
  plan: Partial<ClaimCaseRequest>,
) {
  for (const [index, each] of minutes.entries()) {
    const startsAt = new Date(from.getTime() + index * 60 * minuteMs)
    const { id } = caseOf(await theatre.claimCase(aCase(scene, { startsAt, confirm: true, ...plan })))
    const left = new Date(startsAt.getTime() + each * minuteMs)
    for (const [milestone, at] of [['in_room', startsAt] as const, ['out_of_room', left] as const]) {
      const key = randomUUID()
      await theatre.recordMilestone({ caseId: id, milestone, at, isTrial: true, actorId: null, key })
    }
  }
}

/** So large a share of the values is at most this, interpolated between the two around it. */
function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const place = share * (sorted.length - 1)
  const [below = Number.NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (place - Math.floor(place)) * (above - below)
}

test('an estimate is of the surgeon’s cases from five on, and of all surgeons’ before', async ({ database, scene }) => {
  const { theatre, clinic, surgeon } = scene
  const other = await aDoctor(database, clinic)
  const estimate = async (surgeonId: string | null, procedureCode = '27447') => {
    const { cases, medianMinutes, p80Minutes, ...of } = await theatre.estimate({
      clinicNo: clinic.no,
      procedureCode,
      surgeonId,
    })
    return { of: of.surgeonId, cases, median: medianMinutes, p80: p80Minutes }
  }
  const expected = (of: string | null, minutes: number[]) => ({
    of,
    cases: minutes.length,
    median: expect.closeTo(percentile(minutes, 0.5), 6),
    p80: expect.closeTo(percentile(minutes, 0.8), 6),
  })
  expect(await estimate(surgeon.id)).toEqual({ of: null, cases: 0, median: null, p80: null })

  const [own, others] = [
    [30, 58, 41, 47],
    [20, 25, 22],
  ]
  await someDone(scene, soonAt(1), own, {})
  await someDone(scene, soonAt(6), others, { surgeonId: other.id })
  // Another procedure, and one that has not left the room.
  await someDone(scene, soonAt(10), [59], { procedure: { code: '27130', display: 'Hip replacement' } })
  const running = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(11), confirm: true })))
  const inRoom = { milestone: 'in_room', at: soonAt(11), isTrial: true, actorId: null, key: null } as const
  await theatre.recordMilestone({ caseId: running.id, ...inRoom })
  for (const surgeonId of [surgeon.id, other.id, null]) {
    expect(await estimate(surgeonId)).toEqual(expected(null, [...own, ...others]))
  }
  expect(await estimate(null, '27130')).toEqual(expected(null, [59]))

  await someDone(scene, soonAt(12), [55], {})
  expect(await estimate(surgeon.id)).toEqual(expected(surgeon.id, [...own, 55]))
  expect(await estimate(other.id)).toEqual(expected(null, [...own, 55, ...others]))
})
