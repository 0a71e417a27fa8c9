import type { Booking } from '@holdfast/contract/client'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import classes from './booking-actions.module.css'
import { offeredActions } from './offered-actions.ts'
import { type BookingAction, usePendingMarks } from './pending-marks.ts'
import { RareActions } from './rare-actions.tsx'
import { useBookingAction } from './use-booking-action.tsx'

type ActionsProps = {
  booking: Booking
  timeZone: string
  /** The buttons are in a row of a list: what is seldom done is behind one button, so that the row stays low. */
  isInRow?: boolean
}

/** Buttons for the actions that are possible now: will come, arrived, completed, no-show, and undoing the last one. */
export function BookingActions({ booking, timeZone, isInRow = false }: ActionsProps) {
  const { t } = useTranslation('schedule')
  const action = useBookingAction(booking.clinicId)
  const offered = offeredActions(booking, timeZone, serverNow())
  const behind = isInRow && offered.length > 1 ? offered.filter(isRare) : []
  const { ref, isPressed } = useFocusOnNext(booking.id, `${booking.status} ${booking.attendanceConfirmedAt}`)
  const look = {
    attend: 'default',
    withdrawAttendance: 'subtle',
    arrive: 'light',
    confirm: 'light',
    complete: 'light',
    noShow: 'default',
    reopen: 'subtle',
  } as const
  const marks = usePendingMarks(booking.clinicId)
  // Once a new version is shown, the next button has the focus and must not ignore a press. The page may have read that
  // version before the response arrives.
  const isBusy = marks.some(({ booking: { id, version } }) => id === booking.id && version === booking.version)
  const run = (name: BookingAction) => {
    const press = () => {
      isPressed.current = true
    }
    press()
    // If it fails, the buttons before it are back, and the first of them gets the focus.
    action.mutate({ booking, action: name }, { onError: press })
  }
  return (
    <div ref={ref} className={`${classes.actions} no-print`} data-row={isInRow || undefined}>
      {offered.map((name) =>
        behind.includes(name) ? null : (
          <ActionButton
            key={name}
            size="sm"
            variant={look[name]}
            isBusy={isBusy}
            aria-label={t(`${name}Of`, { name: booking.patient.name })}
            onClick={() => run(name)}
          >
            {t(name)}
          </ActionButton>
        ),
      )}
      {behind.length === 0 ? null : <RareActions booking={booking} actions={behind} isBusy={isBusy} onRun={run} />}
    </div>
  )
}

/** What undoes something else. */
function isRare(name: BookingAction): boolean {
  return name === 'withdrawAttendance' || name === 'reopen'
}

/**
 * The button that was pressed is replaced by those of the new state: the first of them gets the focus. If there is
 * none, the booking's {@link StatusMark} beside them gets it, which says what was done.
 */
function useFocusOnNext(bookingId: string, state: string) {
  const ref = useRef<HTMLDivElement>(null)
  const isPressed = useRef(false)
  const before = useRef(state)
  useEffect(() => {
    if (before.current === state) return
    before.current = state
    if (!isPressed.current) return
    isPressed.current = false
    const around = ref.current?.closest('tr, [role="dialog"], main')
    const status = around?.querySelector<HTMLElement>(`[data-status-of="${bookingId}"]`)
    const next = ref.current?.querySelector('button') ?? status
    next?.focus()
  }, [state, bookingId])
  return { ref, isPressed }
}
