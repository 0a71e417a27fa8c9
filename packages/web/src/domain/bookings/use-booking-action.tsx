import type { Booking } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import type { AllPages } from '../../lib/api/read-pages.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { type BookingAction, type Mark, markKey } from './pending-marks.ts'
import { reopenedStatus } from './reopened-status.ts'

/** After that, the mark is not shown any more. The request may be repeated: it has a key. */
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
  const listsKey = [...clinicKey(clinicId), 'bookings']
  const searchesKey = [...clinicKey(clinicId), 'list']
  const keyOf = (id: string) => [...clinicKey(clinicId), 'booking', id]
  const mutationKey = markKey(clinicId)
  /** Shows a booking instead of earlier versions: the page may have read a later one. */
  const show = (changed: Booking) => {
    const newest = (one: Booking) => (one.id === changed.id && one.version < changed.version ? changed : one)
    queryClient.setQueriesData<AllPages<Booking>>({ queryKey: listsKey }, (read) =>
      read === undefined ? read : { ...read, items: read.items.map(newest) },
    )
    queryClient.setQueriesData<InfiniteData<{ items: Booking[] }>>({ queryKey: searchesKey }, (read) =>
      read === undefined
        ? read
        : { ...read, pages: read.pages.map((page) => ({ ...page, items: page.items.map(newest) })) },
    )
    queryClient.setQueryData<Booking>(keyOf(changed.id), (one) => one && newest(one))
  }
  const isOutdated = ({ id, version }: Booking) => {
    const lists = queryClient.getQueriesData<AllPages<Booking>>({ queryKey: listsKey })
    const shown = [...lists.flatMap(([, read]) => read?.items ?? []), queryClient.getQueryData<Booking>(keyOf(id))]
    return shown.some((one) => one?.id === id && one.version > version)
  }
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
      // Clicked twice, it is made once: a version of a booking is changed only once in the same way.
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
      show(booking)
      // Its response was late, and the booking has changed again: an undo offered now would undo that change.
      if (isOutdated(booking) || isMarkedAgain(booking, mark)) return
      const { action } = mark
      const text = t(`done.${action}`, { name: booking.patient.name })
      const opposite = oppositeOf(action, booking)
      if (opposite === null) toastDone({ message: text })
      else {
        const id = toastOf(booking.id, booking.version)
        const undo = () => {
          notifications.hide(id)
          // Somebody else has changed it since.
          if (!isOutdated(booking)) mutation.mutate({ booking, action: opposite })
        }
        toastDone({ id, message: <Undoable text={text} onUndo={undo} /> })
      }
    },
    onError: (error) => {
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
    onSettled: () => {
      // What is being read may be the state before, and the first read of a page would go on. Not awaited: the buttons
      // would stay busy until everything is read again, and ignore the next action.
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
