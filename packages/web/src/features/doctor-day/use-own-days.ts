import type { Booking, Slot } from '@holdfast/contract/client'
import { addDays, localDay } from '@holdfast/vocabulary'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { usePendingMarks, withMarks } from '../../domain/bookings/pending-marks.ts'
import { useLiveClinic } from '../../lib/live/use-live-clinic.ts'
import { bookingsQuery } from '../../lib/queries/clinic-queries.ts'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
import { mondayOf } from '../../lib/time/local-time.ts'
import { serverNow } from '../../lib/time/server-clock.ts'

const route = getRouteApi('/my-day')
const none: never[] = []

/** The day that is shown, and a function to show another. */
export function useShownDay() {
  const { clinic, doctorId } = route.useLoaderData()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const today = localDay(serverNow(), clinic.timezone)
  const show = (day: string) => {
    const { day: _, ...others } = search
    void navigate({ to: '.', search: day === today ? others : { ...others, day }, resetScroll: false })
  }
  return { clinic, doctorId, today, day: search.day ?? today, show }
}

/** The doctor's slots and bookings of a day or a week, updated live. */
export function useOwnDays(span: 'day' | 'week') {
  const shown = useShownDay()
  const { clinic, doctorId, day } = shown
  const from = span === 'day' ? day : mondayOf(day)
  const to = span === 'day' ? day : addDays(from, 6)
  const slots = useQuery(slotsQuery(doctorId, from, to))
  const bookings = useQuery(bookingsQuery(clinic.id, { from, to, doctorId }))
  const marks = usePendingMarks(clinic.id)
  const live = useLiveClinic(clinic.id, [doctorId])
  return {
    ...shown,
    from,
    to,
    slots: slots.data?.items ?? (none as Slot[]),
    bookings: withMarks(bookings.data?.items ?? (none as Booking[]), marks),
    isCut: bookings.data?.isCut ?? false,
    isPending: slots.isPending || bookings.isPending,
    error: bookings.data === undefined ? bookings.error : null,
    /** The bookings are shown without them. */
    slotsError: slots.data === undefined ? slots.error : null,
    retry: () => {
      void slots.refetch()
      void bookings.refetch()
    },
    live,
    ofBookings: bookings,
  }
}
