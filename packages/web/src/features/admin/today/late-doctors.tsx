import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatMinutes } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { useClinic } from '../use-clinic.ts'
import { minutesLate } from './groups.ts'
import classes from './today-bar.module.css'

/** Which doctors are late, and by how long; nothing if none is. */
export function LateDoctors({ bookings, now }: { bookings: readonly Booking[]; now: number }) {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  const late = minutesLate(bookings, now)
  if (late.size === 0) return null
  return (
    <span className={classes.late}>
      {doctors.flatMap(({ id, name }) => {
        const minutes = late.get(id)
        if (minutes === undefined) return []
        return [<span key={id}>{t('today.late', { name: isolated(name), minutes: formatMinutes(minutes) })}</span>]
      })}
    </span>
  )
}
