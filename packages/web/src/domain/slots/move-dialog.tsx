import type { Booking, Doctor, Slot } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusalCode } from '../../lib/api/api-error.ts'
import { formatAppointment, formatDayTime } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../ui/focus/page-focus.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { PatientName } from '../bookings/patient-name.tsx'
import { isOverlap, LazyOverlapQuestion } from '../overlap/lazy-overlap-question.tsx'
import { isOfferedFor } from '../visits/offered-visits.ts'
import { timeIdOf } from '../visits/visit-times-query.ts'
import { visitTypeQuery } from '../visits/visit-type-queries.ts'
import { SlotPicker, type SlotPickerProps } from './slot-picker.tsx'
import { useMoveTo } from './use-move-to.tsx'

type MoveDialogProps = {
  booking: Booking
  /** The doctors to whose times it can be moved. */
  doctors: readonly Doctor[]
  timeZone: string
  isOpen: boolean
  onClose: () => void
  /** Called after a move; by default the page's heading gets the focus. */
  onMoved?: () => void
}

/**
 * `from`: the time at which the moves began, also if an earlier attempt has moved it already and its response got lost.
 */
type Wanted = { slot: Slot; from: string; mayOverlap: boolean; addsPlaces: boolean }

/**
 * Moves a booking atomically to another slot, which gets the places that are missing, or a visit to another time for
 * its type. A button in the toast moves it back.
 */
export function MoveDialog({ booking, doctors, timeZone, isOpen, ...props }: MoveDialogProps) {
  const { onClose, onMoved = focusPageTitle } = props
  const { t } = useTranslation('schedule')
  const { moveTo, sayMoved, reread } = useMoveTo(timeZone)
  const [doctorId, setDoctorId] = useState(booking.doctorId)
  const [chosen, setChosen] = useState<Slot | null>(null)
  const origin = useOrigin(booking)
  const ofVisit = useQuery(visitTypeQuery(booking))
  const doctorIds = [doctorId, booking.doctorId]
  const addsPlaces = chosen !== null && chosen.available < booking.units
  const submitKey = !addsPlaces ? 'move.submit' : booking.units > 1 ? 'move.addPlaces' : 'move.addPlace'
  const move = useMutation({
    onMutate: ({ slot }) => origin.note(slot),
    mutationFn: ({ slot, mayOverlap, addsPlaces }: Wanted) => moveTo(booking, slot.id, { mayOverlap, addsPlaces }),
    onSuccess: (moved, { from }) => {
      sayMoved(moved, from, doctorIds)
      setChosen(null)
      origin.forget()
      onClose()
      onMoved()
    },
    // Now a place can be added.
    onError: (error, { slot }) =>
      booking.visitTypeId === undefined &&
      refusalCode(error) === 'slot_full' &&
      setChosen((now) => (now?.id === slot.id ? { ...now, available: 0 } : now)),
    onSettled: () => reread(booking.clinicId, doctorIds),
  })
  return (
    <Dialog isOpen={isOpen} onClose={onClose} size="lg" title={t('move.title')}>
      <Stack gap="md">
        <Text c="dimmed">
          <PatientName of={booking} />
          <br />
          {t('move.from', { when: formatAppointment(booking.startsAt, booking.endsAt, timeZone) })}
        </Text>
        {booking.visitTypeId !== undefined && ofVisit.data === undefined ? (
          <LoadingOrError of={ofVisit} />
        ) : (
          <TimesToMoveTo
            {...{ booking, doctors, timeZone, doctorId, chosen }}
            visitType={ofVisit.data}
            onDoctor={setDoctorId}
            onChoose={setChosen}
          />
        )}
        {move.isError && !isOverlap(move.error) ? <ErrorState error={move.error} /> : null}
        {/* Another time is asked about anew. */}
        {isOverlap(move.error) && move.variables !== undefined && move.variables.slot === chosen ? (
          <LazyOverlapQuestion
            error={move.error}
            asked="desk"
            what="move"
            timeZone={timeZone}
            isBusy={move.isPending}
            onProceed={() => move.mutate({ ...move.variables, from: origin.from, mayOverlap: true })}
            onOther={() => {
              move.reset()
              setChosen(null)
            }}
          />
        ) : null}
        {addsPlaces ? <Text role="status">{t('picker.addPlaceHelp')}</Text> : null}
        <Group>
          <ActionButton
            disabled={chosen === null}
            isBusy={move.isPending}
            onClick={() => chosen && move.mutate({ slot: chosen, from: origin.from, mayOverlap: false, addsPlaces })}
          >
            {chosen === null ? t('move.choose') : t(submitKey, { when: formatDayTime(chosen.startsAt, timeZone) })}
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  )
}

type TimesProps = Pick<MoveDialogProps, 'booking' | 'doctors' | 'timeZone'> &
  Pick<SlotPickerProps, 'visitType' | 'doctorId' | 'chosen' | 'onChoose'> & { onDoctor: (doctorId: string) => void }

/** The slots of the doctors, or the times of those who offer the visit type of the booking. */
function TimesToMoveTo({ booking, doctors, visitType, onDoctor, ...picker }: TimesProps) {
  const { t } = useTranslation('schedule')
  const offering = visitType === undefined ? doctors : doctors.filter((one) => isOfferedFor(booking, visitType, one))
  if (offering.length === 0) return <Text>{t('move.notOffered')}</Text>
  return (
    <SlotPicker
      {...picker}
      doctors={offering}
      {...(offering.length > 1 ? { onDoctor } : {})}
      firstDay={localDay(booking.startsAt, picker.timeZone)}
      units={booking.units}
      visitType={visitType}
      canShowFull={visitType === undefined}
      without={timeIdOf(booking)}
      moved={{ bookingId: booking.id, manageToken: null }}
    />
  )
}

/** The time of a booking before those attempts to move it that have failed: one of them may have done it. */
function useOrigin(booking: Booking) {
  const [tried, setTried] = useState<{ from: string; to: string[] } | null>(null)
  const now = timeIdOf(booking)
  const from = tried?.to.includes(now) ? tried.from : now
  const note = ({ id }: Slot) => setTried({ from, to: [...(tried?.from === from ? tried.to : []), id] })
  return { from, note, forget: () => setTried(null) }
}
