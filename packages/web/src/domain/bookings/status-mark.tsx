import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { statusColor } from './status-colors.ts'
import { statusLabel } from './status-label.ts'
import classes from './status-mark.module.css'

/** A booking's status as text, with a dot that repeats it in colour. */
export function StatusMark({ of: booking }: { of: Pick<Booking, 'status' | 'failureReason'> }) {
  const { t } = useTranslation('shell')
  return (
    <span className={`${classes.status} ${classes.palette}`}>
      <span className={classes.dot} style={{ background: statusColor(booking.status) }} aria-hidden="true" />
      {t(statusLabel(booking))}
    </span>
  )
}
