import type { Closure } from '@holdfast/contract/client'
import { formatDate, formatLocalTime } from '../../lib/i18n/format.ts'

const dayWithYear = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const

/** `Thu, 24 Dec 2026 – Sat, 26 Dec 2026`, with times if it is not of whole days; of a yearly one only the day. */
export function closedDays({ from, to, yearly }: Pick<Closure, 'from' | 'to'> & { yearly?: boolean }): string {
  if (yearly) return formatDate(from, { day: 'numeric', month: 'long' })
  const [start, end] = [momentText(from), momentText(to)]
  return start === end ? start : `${start} – ${end}`
}

function momentText(moment: string): string {
  const day = formatDate(moment.slice(0, 10), dayWithYear)
  return moment.includes('T') ? `${day}, ${formatLocalTime(moment.slice(11))}` : day
}
