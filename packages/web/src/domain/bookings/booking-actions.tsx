import type { Booking } from '@holdfast/contract/client'
import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../../lib/server-clock.ts'
import layoutClasses from '../../ui/layout.module.css'
import { offeredActions } from './offered-actions.ts'
import { useBookingAction } from './use-booking-action.tsx'

/** Buttons for the actions that are possible now: arrived, completed, no-show, and undoing the last of them. */
export function BookingActions({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { t } = useTranslation('schedule')
  const action = useBookingAction(booking.clinicId)
  const offered = offeredActions(booking, timeZone, serverNow())
  const look = { arrive: 'light', confirm: 'light', complete: 'light', noShow: 'default', reopen: 'subtle' } as const
  return (
    <div className={`${layoutClasses.actions} no-print`}>
      {offered.map((name) => (
        <Button
          key={name}
          size="sm"
          variant={look[name]}
          disabled={action.isPending}
          aria-label={t(`${name}Of`, { name: booking.patient.name })}
          onClick={() => action.mutate({ booking, action: name })}
        >
          {t(name)}
        </Button>
      ))}
    </div>
  )
}
