import type { Slot } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatDate, formatNumber } from '../../lib/i18n/format.ts'
import type { WeekDay } from './week-days.ts'
import classes from './week-of-times.module.css'

type StripProps = { days: readonly WeekDay[]; canBeChosen: (slot: Slot) => boolean }

/** The days of the week side by side, on phones, with the number of free times; each leads to its day below. */
export function DayStrip({ days, canBeChosen }: StripProps) {
  const { t } = useTranslation('booking')
  return (
    <nav className={classes.strip} aria-label={t('week.days')}>
      <ul>
        {days.map((day) => {
          const count = [...day.morning, ...day.afternoon].filter(canBeChosen).length
          const [weekday, number] = [
            formatDate(day.date, { weekday: 'short' }),
            formatDate(day.date, { day: 'numeric' }),
          ]
          return (
            <li key={day.date}>
              <button
                type="button"
                aria-disabled={count === 0 || undefined}
                aria-label={`${weekday} ${number} ${t('week.free', { count, free: formatNumber(count) })}`}
                onClick={() => {
                  if (count > 0) showDay(day.date)
                }}
              >
                <span>{weekday}</span> <strong>{number}</strong> <span>{count === 0 ? '–' : formatNumber(count)}</span>
              </button>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

/** The id of the heading of a day. */
export function dayTitleId(date: string): string {
  return `day-${date}`
}

function showDay(date: string): void {
  const title = document.getElementById(dayTitleId(date))
  title?.focus({ preventScroll: true })
  title?.scrollIntoView({ block: 'start' })
}
