import type { Booking } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { announce } from '../../ui/announce.ts'
import { toastFailed } from '../../ui/toast.ts'
import { cachedBookings } from './cached-bookings.ts'
import { type Mark, markKey } from './pending-marks.ts'

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
 * stored: {@link withMarks}. A failure is for the component to show; it is a toast only if that is shown no more.
 */
export function useBookingAction(clinicId: string) {
  const queryClient = useQueryClient()
  const { t } = useTranslation(['schedule', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const isShown = useRef(true)
  useEffect(() => {
    isShown.current = true
    return () => {
      isShown.current = false
    }
  }, [])
  const cached = cachedBookings(queryClient, clinicId)
  const mutationKey = markKey(clinicId)
  /** Whether another mark of a booking, made on this version or a later one, is being stored. */
  const isMarkedAgain = ({ id, version }: Booking, mark: Mark) =>
    queryClient
      .getMutationCache()
      .findAll({ mutationKey, status: 'pending' })
      .map(({ state }) => state.variables as Mark)
      .some((other) => other !== mark && other.booking.id === id && other.booking.version >= version)
  return useMutation({
    mutationKey,
    mutationFn: ({ booking: { id, version, slotId }, action }: Mark) => {
      // A repeated request has the same key: a version of a booking is changed only once in the same way.
      const headers = { 'Idempotency-Key': `${action} ${id} ${version}` }
      const request = { path: { bookingId: id }, headers, signal: AbortSignal.timeout(storeMsMax) }
      if (action === 'attend') return dataOf(api.confirmAttendance({ ...request, body: { slotId } }))
      if (action === 'withdrawAttendance') return dataOf(api.withdrawAttendance({ ...request, body: { slotId } }))
      return dataOf(calls[action](request))
    },
    onSuccess: (booking, mark) => {
      cached.update(booking)
      // Its response was late, and the booking has changed again: it would be old news.
      if (cached.hasLater(booking) || isMarkedAgain(booking, mark)) return
      announce(t(`done.${mark.action}`, { name: booking.patient.name }))
    },
    onError: (error, { booking: { patient } }) => {
      if (isShown.current) return
      // The message has the name, because another page is shown.
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
}
