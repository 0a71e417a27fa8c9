import type { OpeningHours } from '@holdfast/contract/client'
import { comma, formatLocalTimes, formatWeekdays } from '../../../lib/i18n/format.ts'

/** `Mon – Fri 7:00–17:00, Sat 8:00–12:00 13:00–16:00`: days in a row with the same hours are written once. */
export function hoursText(hours: readonly OpeningHours[]): string {
  const runs: { first: number; last: number; times: string }[] = []
  for (const weekday of [1, 2, 3, 4, 5, 6, 7]) {
    const ofDay = hours.filter((one) => one.weekday === weekday).sort((a, b) => a.from.localeCompare(b.from))
    const times = ofDay.map(({ from, to }) => formatLocalTimes(from, to)).join(' ')
    const before = runs.at(-1)
    if (before?.times === times && before.last === weekday - 1) before.last = weekday
    else if (times !== '') runs.push({ first: weekday, last: weekday, times })
  }
  return runs.map(({ first, last, times }) => `${formatWeekdays(first, last)} ${times}`).join(`${comma()} `)
}
