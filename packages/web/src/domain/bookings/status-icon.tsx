import type { Booking, BookingStatus } from '@holdfast/contract/client'
import { VisuallyHidden } from '@mantine/core'
import {
  IconArmchair,
  IconCalendarEvent,
  IconCalendarX,
  IconCircleCheck,
  IconCircleX,
  IconHourglass,
  IconUserOff,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../ui/icon.tsx'
import { statusColor } from './status-colors.ts'
import { statusLabel } from './status-label.ts'
import classes from './status-mark.module.css'

export const statusIcons: Record<BookingStatus, typeof IconArmchair> = {
  PENDING: IconHourglass,
  CONFIRMED: IconCalendarEvent,
  ARRIVED: IconArmchair,
  COMPLETED: IconCircleCheck,
  NO_SHOW: IconUserOff,
  CANCELLED: IconCalendarX,
  FAILED: IconCircleX,
}

type StatusIconProps = { of: Pick<Booking, 'id' | 'status' | 'failureReason' | 'requestedAt'> }

/** A booking's status where there is no room for its word, which screen readers and a resting pointer get. */
export function StatusIcon({ of: booking }: StatusIconProps) {
  const { t } = useTranslation('shell')
  const label = t(statusLabel(booking))
  return (
    <span
      className={`${classes.icon} ${classes.palette}`}
      title={label}
      data-status-of={booking.id}
      data-status={booking.status}
      tabIndex={-1}
    >
      <span className={classes.drawing} style={{ color: statusColor(booking.status) }}>
        <Icon of={statusIcons[booking.status]} size={18} />
      </span>
      <VisuallyHidden>{label}</VisuallyHidden>
    </span>
  )
}
