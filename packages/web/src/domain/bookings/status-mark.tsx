import type { BookingStatus } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { statusColor } from './status-colors.ts'
import classes from './status-mark.module.css'

/** A booking's status as text, with a dot that repeats it in colour. */
export function StatusMark({ status }: { status: BookingStatus }) {
  const { t } = useTranslation('shell')
  return (
    <span className={`${classes.status} ${classes.palette}`}>
      <span className={classes.dot} style={{ background: statusColor(status) }} aria-hidden="true" />
      {t(`status.${status}`)}
    </span>
  )
}
