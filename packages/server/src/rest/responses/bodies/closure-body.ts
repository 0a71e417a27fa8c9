import type { Closure } from '@holdfast/engine'
import { timeText } from './time-text.ts'

export function closureBody({ createdAt, localStart, localEnd, createdBy: _, ...closure }: Closure) {
  return { ...closure, ...timesShown({ localStart, localEnd }), createdAt: timeText(createdAt) }
}

/** Whole days are shown as days, of which the last is closed, too. */
export function timesShown({ localStart, localEnd }: Pick<Closure, 'localStart' | 'localEnd'>) {
  if (!localStart.endsWith('T00:00') || !localEnd.endsWith('T00:00')) return { from: localStart, to: localEnd }
  const lastDay = Temporal.PlainDate.from(localEnd.slice(0, 10)).subtract({ days: 1 })
  return { from: localStart.slice(0, 10), to: lastDay.toString() }
}
