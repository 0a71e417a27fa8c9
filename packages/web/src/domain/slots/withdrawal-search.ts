import { daysBetween, listedDaysMax } from '@holdfast/vocabulary'
import { parseDay } from '../../lib/time/local-time.ts'

export type Days = { from: string; to: string }

/**
 * The days whose withdrawal is previewed, so that going back leads to the list of patients again; `nextAt`: the start
 * of the appointment at which the reader left the list.
 */
export type WithdrawalSearch = { withdrawFrom?: string; withdrawTo?: string; nextAt?: string }

/** Both days or none: a search without a valid range shows no preview. */
export function parseWithdrawalSearch(search: Record<string, unknown>): WithdrawalSearch {
  const [from, to] = [parseDay(search.withdrawFrom), parseDay(search.withdrawTo)]
  if (from === null || to === null || !isRange({ from, to })) return {}
  const { nextAt } = search
  const isInstant = typeof nextAt === 'string' && !Number.isNaN(Date.parse(nextAt))
  return { withdrawFrom: from, withdrawTo: to, ...(isInstant ? { nextAt } : {}) }
}

export function daysOf({ withdrawFrom, withdrawTo }: WithdrawalSearch): Days | null {
  return withdrawFrom === undefined || withdrawTo === undefined ? null : { from: withdrawFrom, to: withdrawTo }
}

export function withdrawalSearchOf(days: Days | null): WithdrawalSearch {
  return days === null ? {} : { withdrawFrom: days.from, withdrawTo: days.to }
}

export function isRange({ from, to }: Days): boolean {
  return parseDay(from) !== null && parseDay(to) !== null && to >= from && daysBetween(from, to) <= listedDaysMax
}
