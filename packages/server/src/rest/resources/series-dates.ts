import type { NewSeriesBody } from '@holdfast/contract'
import { latestStart } from '@holdfast/engine'
import { daysBetween, seriesLimits } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'

/** A date of a series. `startsAt` null: there is no such time on that day, because the clocks go forward. */
export type SeriesDate = { number: number; date: string; startsAt: Date | null; isLeftOut: boolean }

type Rule = Pick<NewSeriesBody, 'startsAt' | 'every' | 'unit' | 'count' | 'until' | 'replacements' | 'without'>

/**
 * The dates of a rule, at the same time on the clock, with what replaces them.
 *
 * @throws ProblemError invalid_request
 */
export function seriesDates(rule: Rule, timeZone: string, now: Date): SeriesDate[] {
  const first = new Date(rule.startsAt)
  const local = localTimeOf(first, timeZone)
  const count = countOf(rule, local.toPlainDate().toString())
  const { replacements = [] } = rule
  const replaced = new Map(replacements.map(({ number, startsAt }) => [number, new Date(startsAt)]))
  const leftOut = new Set(rule.without)
  requireNumbers(
    replacements.map(({ number }) => number),
    '/replacements',
    count,
  )
  requireNumbers([...leftOut], '/without', count)
  const dates = Array.from({ length: count }, (_, index): SeriesDate => {
    const number = index + 1
    const at = local.add({ [`${rule.unit}s`]: index * rule.every })
    const startsAt = replaced.get(number) ?? (index === 0 ? first : instantOf(at, timeZone))
    return { number, date: at.toPlainDate().toString(), startsAt, isLeftOut: leftOut.has(number) }
  })
  requireOwnStarts(dates)
  requireSpan(dates, now)
  return dates
}

/** A time on the clock of a zone. */
export function localTimeOf(at: Date, timeZone: string): Temporal.PlainDateTime {
  return at.toTemporalInstant().toZonedDateTimeISO(timeZone).toPlainDateTime()
}

/** When the clock shows this time, of two the first; null: it never does, because clocks go forward. */
export function instantOf(local: Temporal.PlainDateTime, timeZone: string): Date | null {
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  return zoned.toPlainDateTime().equals(local) ? new Date(zoned.epochMilliseconds) : null
}

function countOf({ count, until, every, unit }: Rule, firstDate: string): number {
  if (count !== undefined && until !== undefined) {
    throw invalidRequest([{ path: '/until', message: 'is not allowed together with count' }])
  }
  if (count !== undefined) return count
  if (until === undefined) throw invalidRequest([{ path: '/count', message: 'is required, or until' }])
  const days = daysBetween(firstDate, until) - 1
  if (days < 0) throw invalidRequest([{ path: '/until', message: `must not be before the first day, ${firstDate}` }])
  const found = 1 + Math.floor(days / (every * (unit === 'week' ? 7 : 1)))
  if (found <= seriesLimits.visitsMax) return found
  const message = `must leave at most ${seriesLimits.visitsMax} visits, not ${found}`
  throw invalidRequest([{ path: '/until', message }])
}

function requireNumbers(numbers: readonly number[], path: string, count: number): void {
  const [unknown] = numbers.filter((number) => number > count)
  if (unknown === undefined && new Set(numbers).size === numbers.length) return
  throw invalidRequest([{ path, message: `must name dates from 1 to ${count}, each once` }])
}

/** Two dates have the same start only if one of them is replaced. */
function requireOwnStarts(dates: readonly SeriesDate[]): void {
  const byStart = new Map<number, number>()
  for (const { number, startsAt, isLeftOut } of dates) {
    if (startsAt === null || isLeftOut) continue
    const other = byStart.get(startsAt.getTime())
    if (other !== undefined) {
      const message = `must give each date a start of its own: dates ${other} and ${number} have the same`
      throw invalidRequest([{ path: '/replacements', message }])
    }
    byStart.set(startsAt.getTime(), number)
  }
}

function requireSpan(dates: readonly SeriesDate[], now: Date): void {
  const [first, last] = [dates[0]?.date ?? '', dates.at(-1)?.date ?? '']
  if (daysBetween(first, last) - 1 > seriesLimits.daysMax) {
    const message = `must leave at most ${seriesLimits.daysMax} days from the first visit to the last`
    throw invalidRequest([{ path: '/every', message }])
  }
  const latest = latestStart(now).getTime()
  const late = dates.find(({ startsAt }) => (startsAt?.getTime() ?? 0) > latest)
  if (late === undefined) return
  throw invalidRequest([{ path: '/startsAt', message: `leads too far ahead: date ${late.number} is ${late.date}` }])
}
