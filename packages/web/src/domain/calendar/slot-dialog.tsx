import type { BlockedSlot, BookedSince, Booking, Slot } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatAppointment, formatNumber } from '../../lib/i18n/format.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../ui/focus/page-focus.ts'
import { BookingActions } from '../bookings/booking-actions.tsx'
import { Flags } from '../bookings/flags.tsx'
import { PatientContacts } from '../bookings/patient-contacts.tsx'
import { PatientName } from '../bookings/patient-name.tsx'
import { StatusMark } from '../bookings/status-mark.tsx'
import { blockedText } from '../busy-calendar/blocked-text.ts'
import { Withdrawal } from '../slots/withdrawal.tsx'
import { JoinVideo } from '../video/join-video.tsx'
import { VisitOfBooking } from '../visits/visit-of-booking.tsx'
import { isComing, unitsOf } from './calendar-events.ts'
import { SlotCapacity } from './slot-capacity.tsx'

type SlotDialogProps = {
  slot: Slot | undefined
  /** Not the slot of a visit in an open session, which is neither changed nor withdrawn by itself. */
  isListed: boolean
  /** What blocks it; undefined: nothing does. */
  blocked: BlockedSlot | undefined
  /** All bookings of the days shown; the dialog selects those of the slot. */
  bookings: readonly Booking[]
  clinicId: string
  timeZone: string
  nameOf?: (booking: Booking) => ReactNode
  /** See {@link DoctorCalendar}. */
  moveOf?: (booking: Booking, onOpen: () => void) => ReactNode
  /** See AffectedList. */
  sinceOf?: ((since: BookedSince) => ReactNode) | undefined
  onClose: () => void
}

/** A slot of the calendar: its places, its bookings with their actions, and how to withdraw it. */
export function SlotDialog({ slot, onClose, ...rest }: SlotDialogProps) {
  return (
    <Dialog
      isOpen={slot !== undefined}
      onClose={onClose}
      title={slot ? formatAppointment(slot.startsAt, slot.endsAt, rest.timeZone) : ''}
    >
      {slot ? <SlotDetails key={slot.id} slot={slot} onClose={onClose} {...rest} /> : null}
    </Dialog>
  )
}

type SlotDetailsProps = SlotDialogProps & { slot: Slot }

function SlotDetails(props: SlotDetailsProps) {
  const { slot, isListed, blocked, bookings, clinicId, timeZone, nameOf, moveOf, sinceOf, onClose } = props
  const { t } = useTranslation('schedule')
  const [isWithdrawing, setWithdrawing] = useState(false)
  const day = localDay(slot.startsAt, timeZone)
  const here = bookings.filter((booking) => booking.slotId === slot.id && isComing(booking))
  if (isWithdrawing) {
    return (
      <Withdrawal
        of={slot.id}
        doctorId={slot.doctorId}
        clinicId={clinicId}
        timeZone={timeZone}
        days={{ from: day, to: day }}
        sinceOf={sinceOf}
        moveOf={moveOf && ((booking) => moveOf(booking, onClose))}
        run={(query, headers) => dataOf(api.withdrawSlot({ path: { slotId: slot.id }, query, headers }))}
        onDone={() => {
          onClose()
          // The slot is gone from the calendar, and with it the button that opened this.
          focusPageTitle()
        }}
        onBack={() => setWithdrawing(false)}
      />
    )
  }
  return (
    <Stack gap="md">
      {blocked === undefined ? null : <Text fw={600}>{blockedText(t, blocked)}</Text>}
      {isListed ? (
        <Text c="dimmed">
          {t('calendar.freeOf', { free: formatNumber(slot.available), capacity: formatNumber(slot.capacity) })}
        </Text>
      ) : null}
      {isListed && Date.parse(slot.endsAt) > serverNow() ? (
        <SlotCapacity slot={slot} taken={unitsOf(here)} clinicId={clinicId} />
      ) : null}
      {here.map((booking) => (
        <Stack key={booking.id} gap="xs">
          <Group justify="space-between">
            <Text fw={600}>{nameOf ? nameOf(booking) : <PatientName of={booking} />}</Text>
            <StatusMark of={booking} />
          </Group>
          <Text size="sm">
            <VisitOfBooking booking={booking} />
          </Text>
          {booking.patient.phone === undefined && booking.patient.email === undefined ? null : (
            <Text size="sm">
              <PatientContacts of={booking} />
            </Text>
          )}
          {booking.reason ? <Text size="sm">{booking.reason}</Text> : null}
          {booking.patientFlags === undefined ? null : <Flags flags={booking.patientFlags} />}
          {booking.status === 'PENDING' ? (
            <Text size="sm" c="dimmed">
              {t('calendar.heldHelp')}
            </Text>
          ) : null}
          {booking.joinUrl === null ? null : (
            <Group>
              <JoinVideo url={booking.joinUrl} of={booking.patient.name} size="sm" variant="light" />
            </Group>
          )}
          <BookingActions booking={booking} timeZone={timeZone} />
        </Stack>
      ))}
      {isListed && Date.parse(slot.startsAt) > serverNow() ? (
        <Group>
          <Button variant="default" onClick={() => setWithdrawing(true)}>
            {t('withdraw.slot')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
