import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { statusColor, statusesInOrder } from '../../../domain/bookings/status-colors.ts'
import { statusIcons } from '../../../domain/bookings/status-icon.tsx'
import markClasses from '../../../domain/bookings/status-mark.module.css'
import { Icon } from '../../../ui/icon.tsx'
import classes from './day-columns.module.css'

/** The colours and signs of the states that are shown. */
export function ColumnsLegend({ bookings }: { bookings: readonly Booking[] }) {
  const { t } = useTranslation(['shell', 'schedule'])
  const shown = new Set(bookings.map(({ status }) => status))
  if (shown.size === 0) return null
  return (
    <ul className={`${classes.legend} ${markClasses.palette}`} aria-label={t('schedule:calendar.legend')}>
      {statusesInOrder
        .filter((status) => shown.has(status))
        .map((status) => (
          <li key={status} style={{ ['--status' as string]: statusColor(status) }}>
            <span className={classes.icon}>
              <Icon of={statusIcons[status]} size={16} />
            </span>
            {t(`status.${status}`)}
          </li>
        ))}
    </ul>
  )
}
