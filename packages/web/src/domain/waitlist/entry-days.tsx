import type { WaitlistEntry } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { comma, formatDate, formatLocalTime, formatNumber, formatWeekday } from '../../lib/i18n/format.ts'

type Wanted = Pick<WaitlistEntry, 'from' | 'to' | 'weekdays' | 'timeFrom' | 'timeTo' | 'units'>

const day = { day: 'numeric', month: 'short', year: 'numeric' } as const

/** When an entry waits for a place, in one line: days, weekdays, times, and places if there are several. */
export function EntryDays({ entry }: { entry: Wanted }) {
  const { t } = useTranslation('waitlist')
  const { from, to, weekdays, timeFrom, timeTo, units } = entry
  const [first, last] = [timeFrom, timeTo].map((time) => (time === null ? null : formatLocalTime(time)))
  const times =
    first && last
      ? t('days.between', { first, last })
      : first
        ? t('days.after', { first })
        : last
          ? t('days.before', { last })
          : null
  return [
    from === to ? formatDate(from, day) : t('days.range', { from: formatDate(from, day), to: formatDate(to, day) }),
    weekdays === null ? null : weekdays.map(formatWeekday).join(`${comma()} `),
    // Kept on one line.
    times?.replaceAll(' ', '\u00a0') ?? null,
    units === 1 ? null : t('days.units', { count: units, units: formatNumber(units) }),
  ]
    .filter((part) => part !== null)
    .join(' · ')
}
