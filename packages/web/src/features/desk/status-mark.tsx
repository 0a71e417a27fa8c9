import type { BookingStatus } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import classes from './desk.module.css'

/** A booking's status in words; the dot before it only repeats them in colour. */
export function StatusMark({ status }: { status: BookingStatus }) {
  const { t } = useTranslation('shell')
  return (
    <span className={classes.status}>
      <span className={classes.dot} data-status={status} aria-hidden="true" />
      {t(`status.${status}`)}
    </span>
  )
}
