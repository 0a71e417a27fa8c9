import type { Booking } from '@holdfast/contract/client'
import { Popover, Stack } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { BookingAction } from './pending-marks.ts'

type RareProps = {
  booking: Booking
  actions: readonly BookingAction[]
  isBusy: boolean
  onRun: (action: BookingAction) => void
}

/** A button that shows what is seldom done with a booking. */
export function RareActions({ booking, actions, isBusy, onRun }: RareProps) {
  const { t } = useTranslation('schedule')
  const [isOpen, setOpen] = useState(false)
  const label = t('moreActionsOf', { name: booking.patient.name })
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <ActionButton size="sm" variant="subtle" isBusy={isBusy} aria-label={label} onClick={() => setOpen(!isOpen)}>
          <Icon of={IconDots} size={18} />
        </ActionButton>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label={label}>
        <Stack gap="xs">
          {actions.map((name) => (
            <ActionButton
              key={name}
              size="sm"
              variant="subtle"
              onClick={() => {
                setOpen(false)
                onRun(name)
              }}
            >
              {t(name)}
            </ActionButton>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
