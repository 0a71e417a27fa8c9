import type { Booking, BookingStatus } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import type { AllPages } from '../../lib/api/read-pages.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { reopenedStatus } from './reopened-status.ts'

export type BookingAction = 'attend' | 'withdrawAttendance' | 'confirm' | 'arrive' | 'complete' | 'noShow' | 'reopen'

const calls = {
  confirm: { call: api.confirmBooking, becomes: () => 'CONFIRMED' },
  arrive: { call: api.arriveBooking, becomes: () => 'ARRIVED' },
  complete: { call: api.completeBooking, becomes: () => 'COMPLETED' },
  noShow: { call: api.noShowBooking, becomes: () => 'NO_SHOW' },
  reopen: { call: api.reopenBooking, becomes: (status) => reopenedStatus(status) ?? status },
} as const satisfies Record<
  Exclude<BookingAction, 'attend' | 'withdrawAttendance'>,
  { call: unknown; becomes: (status: BookingStatus) => BookingStatus }
>

/** Changes a booking's status. Shown immediately, and reverted if the server refuses. */
export function useBookingAction(clinicId: string) {
  const queryClient = useQueryClient()
  const { t } = useTranslation(['schedule', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const listsKey = [...clinicKey(clinicId), 'bookings']
  const keyOf = (id: string) => [...clinicKey(clinicId), 'booking', id]
  const mutationKey = [...clinicKey(clinicId), 'mark']
  /** Shows a booking instead of those with an earlier version than `before`: the page may have read a later one. */
  const show = (changed: Booking, before: number) => {
    const newest = (one: Booking) => (one.id === changed.id && one.version < before ? changed : one)
    queryClient.setQueriesData<AllPages<Booking>>({ queryKey: listsKey }, (read) =>
      read === undefined ? read : { ...read, items: read.items.map(newest) },
    )
    queryClient.setQueryData<Booking>(keyOf(changed.id), (one) => one && newest(one))
  }
  const isOutdated = ({ id, version }: Booking) => {
    const lists = queryClient.getQueriesData<AllPages<Booking>>({ queryKey: listsKey })
    const shown = [...lists.flatMap(([, read]) => read?.items ?? []), queryClient.getQueryData<Booking>(keyOf(id))]
    return shown.some((one) => one?.id === id && one.version > version)
  }
  const mutation = useMutation({
    mutationKey,
    mutationFn: ({ booking: { id, version, slotId }, action }: { booking: Booking; action: BookingAction }) => {
      // Clicked twice, it is made once: a version of a booking is changed only once in the same way.
      const headers = { 'Idempotency-Key': `${action} ${id} ${version}` }
      const path = { bookingId: id }
      if (action === 'attend') return dataOf(api.confirmAttendance({ path, headers, body: { slotId } }))
      if (action === 'withdrawAttendance') return dataOf(api.withdrawAttendance({ path, headers, body: { slotId } }))
      return dataOf(calls[action].call({ path, headers }))
    },
    onMutate: async ({ booking, action }) => {
      await queryClient.cancelQueries({ queryKey: clinicKey(clinicId) })
      if (action !== 'attend' && action !== 'withdrawAttendance') {
        show({ ...booking, status: calls[action].becomes(booking.status) }, booking.version + 1)
      }
    },
    onSuccess: (booking, { action }) => {
      // Its response was late, and another mark has followed: an undo offered now would undo that one.
      if (isOutdated(booking)) return
      show(booking, booking.version)
      // Earlier toasts offer an undo that is no longer possible.
      for (let version = 1; version < booking.version; version += 1) notifications.hide(toastOf(booking.id, version))
      const text = t(`done.${action}`, { name: booking.patient.name })
      const opposite = oppositeOf(action, booking)
      if (opposite === null) toastDone({ message: text })
      else {
        const id = toastOf(booking.id, booking.version)
        const undo = () => {
          notifications.hide(id)
          mutation.mutate({ booking, action: opposite })
        }
        toastDone({ id, message: <Undoable text={text} onUndo={undo} /> })
      }
    },
    onError: (error, { booking }) => {
      show(booking, booking.version + 1)
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
    onSettled: () => {
      // Only once no other mark is under way: what is read before that may be the state before it.
      if (queryClient.isMutating({ mutationKey }) > 1) return
      // Not awaited: the buttons would stay busy until everything is read again, and ignore the next action.
      void queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
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
