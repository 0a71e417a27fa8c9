import { VisuallyHidden } from '@mantine/core'
import { type MouseEvent, memo } from 'react'
import { canBeChanged } from '../../../domain/bookings/offered-actions.ts'
import type { ShownBooking } from '../../../domain/bookings/pending-marks.ts'
import { statusColor } from '../../../domain/bookings/status-colors.ts'
import { statusIcons } from '../../../domain/bookings/status-icon.tsx'
import markClasses from '../../../domain/bookings/status-mark.module.css'
import type { Lane } from '../../../domain/time-grid/lanes.ts'
import { placedStyle } from '../../../domain/time-grid/placed-style.ts'
import type { Plan } from '../../../domain/time-grid/plan.ts'
import type { Span } from '../../../domain/time-grid/span.ts'
import { usePlanDrag } from '../../../domain/time-grid/use-plan-drag.ts'
import { usePlanKeys } from '../../../domain/time-grid/use-plan-keys.ts'
import { comma, formatTime, formatTimes } from '../../../lib/i18n/format.ts'
import { Icon } from '../../../ui/icon.tsx'
import { spanOf } from './column-day.ts'
import classes from './day-columns.module.css'
import { planOf } from './planned-place.ts'
import type { MoveHandlers } from './use-visit-moves.ts'

type BlockProps = Lane & {
  booking: ShownBooking
  name: string
  /** The word of its status. */
  label: string
  timeZone: string
  shown: Span
  isPale: boolean
  isTabStop: boolean
  isPlanned: boolean
  /** The ids of the doctors to whom it can be moved. */
  doctorIds: readonly string[]
  onOpen: (bookingId: string) => void
} & MoveHandlers

/** A visit at its time: opened by a click, moved by dragging or by keyboard. A day has hundreds: it uses few hooks. */
export const VisitBlock = memo(function VisitBlock({ booking, shown, lane, lanes, ...props }: BlockProps) {
  const { name, label, timeZone, isPale, isTabStop, isPlanned, doctorIds, onOpen, onPlan, onMove } = props
  const settings = {
    isEnabled: canBeChanged(booking),
    axis: 'block',
    onPlan: (plan: Plan | null) => onPlan(booking, plan),
    onMove: (plan: Plan) => onMove(booking, plan),
  } as const
  const placed = planOf(booking)
  const drag = usePlanDrag(placed, { ...settings, shown })
  const keys = usePlanKeys(placed, { ...settings, canStretch: false, tracks: () => doctorIds })
  const { id, clinicId, status, startsAt, endsAt, reason } = booking
  const times = formatTimes(startsAt, endsAt, timeZone)
  const open = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    if (!drag.wasDragged()) onOpen(id)
  }
  return (
    <a
      href={`/clinic/${clinicId}/bookings/${id}`}
      className={`${classes.visit} ${markClasses.palette}`}
      tabIndex={isTabStop ? 0 : -1}
      draggable={false}
      data-stop={id}
      data-status={status}
      data-pale={isPale || undefined}
      data-planned={isPlanned || undefined}
      title={[times, name, label, reason].filter((part) => part !== null).join(' · ')}
      style={{
        ...placedStyle(spanOf(booking), shown, 'block'),
        ['--status' as string]: statusColor(status),
        ['--lane' as string]: lane,
        ['--lanes' as string]: lanes,
      }}
      onClick={open}
      {...drag.handlers}
      {...keys}
    >
      <span className={classes.icon}>
        <Icon of={statusIcons[status]} size={14} />
      </span>
      <span className={classes.time}>{formatTime(startsAt, timeZone)}</span>
      <bdi className={classes.name}>{name}</bdi>
      <VisuallyHidden>{`${comma()} ${label}`}</VisuallyHidden>
    </a>
  )
})
