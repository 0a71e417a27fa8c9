import type { Booking } from '@holdfast/contract/client'
import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { focusPageTitle } from '../../ui/focus/page-focus.ts'
import { canBeChanged } from '../bookings/offered-actions.ts'
import { usePatientName } from '../bookings/use-patient-name.ts'
import { MoveDialog } from './move-dialog.tsx'

type OwnMoves = {
  /** Renders the button that opens the dialog. `onOpen`: closes the dialog that the button is in. */
  moveOf: (booking: Booking, onOpen?: () => void) => ReactNode
  dialog: ReactNode
}

/** Moves a doctor's bookings to other times of the same doctor. */
export function useOwnMoves(doctorId: string, timeZone: string): OwnMoves {
  const { t } = useTranslation('schedule')
  const nameOf = usePatientName()
  const doctor = useQuery(doctorQuery(doctorId)).data
  const [moved, setMoved] = useState<{ booking: Booking; isInList: boolean } | null>(null)
  const [isOpen, setOpen] = useState(false)
  const moveOf = (booking: Booking, onOpen?: () => void) =>
    canBeChanged(booking) ? (
      <Anchor
        component="button"
        type="button"
        inherit
        underline="always"
        aria-label={t('move.of', { name: nameOf(booking) })}
        onClick={() => {
          onOpen?.()
          setMoved({ booking, isInList: onOpen === undefined })
          setOpen(true)
        }}
      >
        {t('move.short')}
      </Anchor>
    ) : null
  const dialog =
    moved === null || doctor === undefined ? null : (
      <MoveDialog
        key={moved.booking.id}
        booking={moved.booking}
        doctors={[doctor]}
        timeZone={timeZone}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        // In a list, the next patient gets the focus.
        onMoved={moved.isInList ? () => undefined : focusPageTitle}
      />
    )
  return { moveOf, dialog }
}
