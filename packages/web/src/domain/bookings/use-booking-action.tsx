import type { Booking } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { cachedBookings } from './cached-bookings.ts'
import { type BookingAction, type Mark, markKey } from './pending-marks.ts'
import { reopenedStatus } from './reopened-status.ts'

/** A mark without a response fails after this time. It can be made again: its request has the same key then. */
const storeMsMax = 30_000

const calls = {
  confirm: api.confirmBooking,
  arrive: api.arriveBooking,
  complete: api.completeBooking,
  noShow: api.noShowBooking,
  reopen: api.reopenBooking,
}

/**
 * Changes a booking's status, or whether the patient will come. What shows the booking adds the marks that are being
 * stored: {@link withMarks}.
 */
export function useBookingAction(clinicId: string) {
  const queryClient = useQueryClient()
  const { t } = useTranslation(['schedule', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const cached = cachedBookings(queryClient, clinicId)
  const mutationKey = markKey(clinicId)
  /** Whether another mark of a booking, made on this version or a later one, is being stored. */
  const isMarkedAgain = ({ id, version }: Booking, mark: Mark) =>
    queryClient
      .getMutationCache()
      .findAll({ mutationKey, status: 'pending' })
      .map(({ state }) => state.variables as Mark)
      .some((other) => other !== mark && other.booking.id === id && other.booking.version >= version)
  const mutation = useMutation({
    mutationKey,
    mutationFn: ({ booking: { id, version, slotId }, action }: Mark) => {
      // A repeated request has the same key: a version of a booking is changed only once in the same way.
      const headers = { 'Idempotency-Key': `${action} ${id} ${version}` }
      const request = { path: { bookingId: id }, headers, signal: AbortSignal.timeout(storeMsMax) }
      if (action === 'attend') return dataOf(api.confirmAttendance({ ...request, body: { slotId } }))
      if (action === 'withdrawAttendance') return dataOf(api.withdrawAttendance({ ...request, body: { slotId } }))
      return dataOf(calls[action](request))
    },
    onMutate: ({ booking: { id, version: last } }) => {
      // Earlier toasts offer an undo that would undo this mark.
      for (let version = 1; version <= last; version += 1) notifications.hide(toastOf(id, version))
    },
    onSuccess: (booking, mark) => {
      cached.update(booking)
      // Its response was late, and the booking has changed again: an undo offered now would undo that change.
      if (cached.hasLater(booking) || isMarkedAgain(booking, mark)) return
      const { action } = mark
      const text = t(`done.${action}`, { name: booking.patient.name })
      const opposite = oppositeOf(action, booking)
      if (opposite === null) toastDone({ message: text })
      else {
        const id = toastOf(booking.id, booking.version)
        const undo = () => {
          notifications.hide(id)
          if (!cached.hasLater(booking)) mutation.mutate({ booking, action: opposite })
          else
            toastFailed({ title: tProblem('invalid_transition.title'), message: tProblem('invalid_transition.help') })
        }
        toastDone({ id, message: <Undoable text={text} onUndo={undo} /> })
      }
    },
    onError: (error, { booking: { patient } }) => {
      // With the name, because another page may be shown by then.
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title: t('notStored', { name: patient.name, problem: title }), message: help })
    },
    onSettled: () => {
      // Reads that have begun may return the state before the mark, and `invalidateQueries` alone does not restart the
      // first read of a page. Not awaited: the buttons would stay busy, and ignore the next action, until then.
      const filters = { queryKey: clinicKey(clinicId) }
      void queryClient.cancelQueries(filters).then(() => queryClient.invalidateQueries(filters))
    },
  })
  return mutation
}

/** The action that undoes the one that was done; null: there is none. `booking` is as it was after it. */
function oppositeOf(action: BookingAction, { status }: Booking): BookingAction | null {
  if (action === 'attend') return 'withdrawAttendance'
  return action === 'reopen' || reopenedStatus(status) === null ? null : 'reopen'
}

function toastOf(bookingId: string, version: number): string {
  return `mark ${bookingId} ${version}`
}

function Undoable({ text, onUndo }: { text: string; onUndo: () => void }) {
  const { t } = useTranslation('schedule')
  return (
    <Group justify="space-between">
      <span>{text}</span>
      <Button size="compact-sm" variant="default" onClick={onUndo}>
        {t('undo')}
      </Button>
    </Group>
  )
}
