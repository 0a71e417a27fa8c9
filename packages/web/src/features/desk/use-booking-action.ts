import type { Booking, BookingStatus } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../../lib/api.ts'
import { problemMessage } from '../../lib/problem-message.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { type DayBookings, deskKey } from './desk-queries.ts'

export type BookingAction = 'confirm' | 'arrive' | 'complete' | 'noShow'

const calls = {
  confirm: { call: api.confirmBooking, becomes: 'CONFIRMED' },
  arrive: { call: api.arriveBooking, becomes: 'ARRIVED' },
  complete: { call: api.completeBooking, becomes: 'COMPLETED' },
  noShow: { call: api.noShowBooking, becomes: 'NO_SHOW' },
} as const satisfies Record<BookingAction, { call: unknown; becomes: BookingStatus }>

/** Notes what became of a booking: shown at once, taken back when the server refuses. */
export function useBookingAction(clinicId: string) {
  const queryClient = useQueryClient()
  const { t } = useTranslation(['desk', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const show = (changed: Booking) => {
    queryClient.setQueriesData<DayBookings>({ queryKey: [...deskKey(clinicId), 'bookings'] }, (day) =>
      day === undefined
        ? day
        : { ...day, bookings: day.bookings.map((one) => (one.id === changed.id ? changed : one)) },
    )
    queryClient.setQueryData<Booking>([...deskKey(clinicId), 'booking', changed.id], (one) => one && changed)
  }
  return useMutation({
    mutationFn: ({ booking, action }: { booking: Booking; action: BookingAction }) =>
      ask(calls[action].call({ path: { bookingId: booking.id } })),
    onMutate: async ({ booking, action }) => {
      await queryClient.cancelQueries({ queryKey: deskKey(clinicId) })
      show({ ...booking, status: calls[action].becomes })
    },
    onSuccess: (booking, { action }) => {
      show(booking)
      toastDone({ message: t(`done.${action}`, { name: booking.patient.name }) })
    },
    onError: (error, { booking }) => {
      show(booking)
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: deskKey(clinicId) }),
  })
}
