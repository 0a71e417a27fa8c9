import type { Booking } from '@holdfast/contract/client'
import { Button, type ButtonProps, Popover, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../../lib/server-clock.ts'
import classes from './desk.module.css'
import { offeredActions } from './offered-actions.ts'
import { useBookingAction } from './use-booking-action.ts'

/** What can be noted of a booking now: arrived, completed, didn't come. */
export function BookingActions({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { t } = useTranslation('desk')
  const action = useBookingAction(booking.clinicId)
  const offered = offeredActions(booking, timeZone, serverNow())
  return (
    <div className={`${classes.actions} no-print`}>
      {offered.map((name) =>
        name === 'noShow' ? (
          <NoShow
            key={name}
            name={booking.patient.name}
            isPending={action.isPending}
            onSure={() => action.mutate({ booking, action: 'noShow' })}
          />
        ) : (
          <Button
            key={name}
            size="sm"
            variant="light"
            disabled={action.isPending}
            aria-label={t(`${name}Of`, { name: booking.patient.name })}
            onClick={() => action.mutate({ booking, action: name })}
          >
            {t(name)}
          </Button>
        ),
      )}
    </div>
  )
}

type NoShowProps = { name: string; isPending: boolean; onSure: () => void }

/** It can't be taken back, so it is asked twice. */
function NoShow({ name, isPending, onSure }: NoShowProps) {
  const { t } = useTranslation('desk')
  const [isOpen, setOpen] = useState(false)
  const small: ButtonProps = { size: 'sm', disabled: isPending }
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus returnFocus width={260} position="bottom-end" shadow="md">
      <Popover.Target>
        <Button {...small} variant="default" aria-label={t('noShowOf', { name })} onClick={() => setOpen(!isOpen)}>
          {t('noShow')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('noShowOf', { name })}>
        <Stack gap="sm">
          <Text size="sm">{t('noShowSure', { name })}</Text>
          <Button
            {...small}
            onClick={() => {
              setOpen(false)
              onSure()
            }}
          >
            {t('noShowYes')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
