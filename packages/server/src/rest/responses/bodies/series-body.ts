import type { SeriesDateBody } from '@holdfast/contract'
import type { NearTimes } from '@holdfast/engine'
import { timeRefusalBody, type Unbooked } from './time-refusal-body.ts'
import { timeOrNull } from './time-text.ts'

type DateOfSeries = { number: number; date: string; startsAt: Date | null; isLeftOut: boolean }

/** @param refusal null: the date is free */
export function seriesDateBody(
  { number, date, startsAt, isLeftOut }: DateOfSeries,
  near: NearTimes | null,
  refusal: Unbooked | null,
): SeriesDateBody {
  const named = { number, date, startsAt: timeOrNull(startsAt) }
  if (isLeftOut) return { ...named, outcome: 'left_out', code: null, closedBecause: null, alternatives: [] }
  const body = timeRefusalBody(startsAt, near, refusal)
  return { ...named, outcome: body.code === null ? 'free' : 'refused', ...body }
}
