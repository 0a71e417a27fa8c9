import type { Booking } from '@holdfast/contract/client'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../../lib/server-clock.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { offeredActions } from './offered-actions.ts'
import { useBookingAction } from './use-booking-action.tsx'

/** Buttons for the actions that are possible now: arrived, completed, no-show, and undoing the last of them. */
export function BookingActions({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { t } = useTranslation('schedule')
  const action = useBookingAction(booking.clinicId)
  const offered = offeredActions(booking, timeZone, serverNow())
  const { ref, isPressed } = useFocusOnNext(booking.status)
  const look = { arrive: 'light', confirm: 'light', complete: 'light', noShow: 'default', reopen: 'subtle' } as const
  return (
    <div ref={ref} tabIndex={-1} className={`${layoutClasses.actions} no-print`}>
      {offered.map((name) => (
        <ActionButton
          key={name}
          size="sm"
          variant={look[name]}
          isBusy={action.isPending}
          aria-label={t(`${name}Of`, { name: booking.patient.name })}
          onClick={() => {
            isPressed.current = true
            action.mutate({ booking, action: name })
          }}
        >
          {t(name)}
        </ActionButton>
      ))}
    </div>
  )
}

/** The button that was pressed is replaced by those of the new status: the first of them gets the focus. */
function useFocusOnNext(status: Booking['status']) {
  const ref = useRef<HTMLDivElement>(null)
  const isPressed = useRef(false)
  const before = useRef(status)
  useEffect(() => {
    if (before.current === status) return
    before.current = status
    if (!isPressed.current) return
    isPressed.current = false
    const next = ref.current?.querySelector('button') ?? ref.current
    next?.focus()
  }, [status])
  return { ref, isPressed }
}
