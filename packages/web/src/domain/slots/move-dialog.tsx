import type { Booking, Doctor, Slot } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { formatAppointment, formatDayTime } from '../../lib/i18n/format.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../ui/focus/page-focus.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { useShowError } from '../../ui/use-show-error.ts'
import { PatientName } from '../bookings/patient-name.tsx'
import { isOverlap, LazyOverlapQuestion } from '../overlap/lazy-overlap-question.tsx'
import { refuseOverlap } from '../overlap/refuse-overlap.ts'
import { isOfferedFor } from '../visits/offered-visits.ts'
import { moveTargetOf, timeIdOf } from '../visits/visit-times-query.ts'
import { visitTypeQuery } from '../visits/visit-type-queries.ts'
import { SlotPicker, type SlotPickerProps } from './slot-picker.tsx'

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
  const queryClient = useQueryClient()
  const showError = useShowError()
  const [doctorId, setDoctorId] = useState(booking.doctorId)
  const [chosen, setChosen] = useState<Slot | null>(null)
  const origin = useOrigin(booking)
  const ofVisit = useQuery(visitTypeQuery(booking))
  const reread = async () => {
    await queryClient.invalidateQueries({ queryKey: clinicKey(booking.clinicId) })
    for (const id of new Set([doctorId, booking.doctorId])) {
      await queryClient.invalidateQueries({ queryKey: slotsKey(id) })
    }
  }
  const addsPlaces = chosen !== null && chosen.available < booking.units
  const submitKey = !addsPlaces ? 'move.submit' : booking.units > 1 ? 'move.addPlaces' : 'move.addPlace'
  const moveTo = (timeId: string, mayOverlap: boolean, adds: { addsPlaces?: true } = {}) => {
    const body = { ...moveTargetOf(timeId), ...adds, ...refuseOverlap(mayOverlap) }
    return dataOf(api.rescheduleBooking({ path: { bookingId: booking.id }, body }))
  }
  const moveBack = async (timeId: string) => {
    try {
      await moveTo(timeId, true)
      toastDone({ id: 'moved', message: t('move.undone') })
    } catch (error) {
      showError(error)
    }
    await reread()
  }
  const move = useMutation({
    onMutate: ({ slot }) => origin.note(slot),
    mutationFn: ({ slot, mayOverlap, addsPlaces }: Wanted) =>
      moveTo(slot.id, mayOverlap, addsPlaces ? { addsPlaces } : {}),
    onSuccess: (moved, { from }) => {
      toastDone({
        message: (
          <Group justify="space-between">
            <span>{t('move.done', { when: formatDayTime(moved.startsAt, timeZone) })}</span>
            <Button size="compact-sm" variant="default" onClick={() => void moveBack(from)}>
              {t('undo')}
            </Button>
          </Group>
        ),
      })
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
    onSettled: reread,
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
