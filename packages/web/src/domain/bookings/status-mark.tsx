import type { Booking } from '@holdfast/contract/client'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'
import { isExpected } from './is-expected.ts'
import { statusColor } from './status-colors.ts'
import { statusLabel } from './status-label.ts'
import classes from './status-mark.module.css'

/**
 * A booking's status as text, with a dot that repeats it in colour, and below it whether the patient has confirmed to
 * come, or who cancelled.
 */
export function StatusMark({
  of: booking,
}: {
  of: Pick<Booking, 'id' | 'status' | 'failureReason' | 'attendanceConfirmedAt' | 'cancelledBy' | 'requestedAt'>
}) {
  const { t } = useTranslation('shell')
  const by = booking.cancelledBy
  return (
    <span className={classes.mark} data-status-of={booking.id} tabIndex={-1}>
      <span className={`${classes.status} ${classes.palette}`}>
        <span className={classes.dot} style={{ background: statusColor(booking.status) }} aria-hidden="true" />
        {t(statusLabel(booking))}
      </span>
      {by === null || booking.failureReason !== null ? null : (
        <span className={classes.by}>{t(by === 'patient' ? 'cancelled.byPatient' : 'cancelled.byClinic')}</span>
      )}
      {isExpected(booking) ? (
        <span className={classes.attendance}>
          <Icon of={IconCheck} size={14} />
          {t('attendance')}
        </span>
      ) : null}
    </span>
  )
}
