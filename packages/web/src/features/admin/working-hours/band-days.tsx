import { type BandTimes, daysOfBand } from '@holdfast/vocabulary'
import { useTranslation } from 'react-i18next'
import { comma, formatDate } from '../../../lib/i18n/format.ts'

type DaysProps = { band: Pick<BandTimes, 'weekdays' | 'everyWeeks' | 'inWeekOf'>; from: string; until: string | null }

const shownDays = 4

/** The first days of a band from a day on: which weeks it has. */
export function BandDays({ band, from, until }: DaysProps) {
  const { t } = useTranslation('working-hours')
  const days = daysOfBand(band, { from, until }, shownDays)
  return (
    <>
      {days.length === 0
        ? t('noDays')
        : t('nextDays', { days: days.map((day) => formatDate(day)).join(`${comma()} `) })}
    </>
  )
}
