import { localDay } from '@holdfast/vocabulary'
import { formatDayTime, formatTime } from '../../lib/i18n/format.ts'

/** A time of a clinic by the reader's clock, with the date where it is another; null: it is the same there. */
export function ownTimeOf(startsAt: string, timeZone: string, ownZone: string): string | null {
  if (localDay(startsAt, ownZone) !== localDay(startsAt, timeZone)) return formatDayTime(startsAt, ownZone)
  const clock = formatTime(startsAt, ownZone)
  return clock === formatTime(startsAt, timeZone) ? null : clock
}
