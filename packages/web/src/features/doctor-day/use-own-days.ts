import type { Booking, OpenSession, Slot } from '@holdfast/contract/client'
import { addDays, localDay, mondayOf } from '@holdfast/vocabulary'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { usePendingMarks, withMarks } from '../../domain/bookings/pending-marks.ts'
import { isComing } from '../../domain/calendar/calendar-events.ts'
import { sessionsQuery } from '../../domain/visits/sessions-query.ts'
import { useLiveClinic } from '../../lib/live/use-live-clinic.ts'
import { bookingsQuery } from '../../lib/queries/clinic-queries.ts'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
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

/** The doctor's slots, open sessions and bookings of a day or a week, updated live. */
export function useOwnDays(span: 'day' | 'week') {
  const shown = useShownDay()
  const { clinic, doctorId, day } = shown
  const from = span === 'day' ? day : mondayOf(day)
  const to = span === 'day' ? day : addDays(from, 6)
  const slots = useQuery(slotsQuery(doctorId, from, to))
  const openSessions = useQuery(sessionsQuery(doctorId, from, to))
  const found = useQuery(bookingsQuery(clinic.id, { from, to, doctorId }))
  const marks = usePendingMarks(clinic.id)
  const live = useLiveClinic(clinic.id, [doctorId])
  const listed = slots.data?.items ?? (none as Slot[])
  const sessions = openSessions.data?.items ?? (none as OpenSession[])
  const bookings = withMarks(found.data?.items ?? (none as Booking[]), marks)
  return {
    ...shown,
    from,
    to,
    slots: listed,
    sessions,
    bookings,
    /** A calendar would show nothing. */
    isEmpty: listed.length === 0 && sessions.length === 0 && !bookings.some(isComing),
    isCut: found.data?.isCut ?? false,
    isPending: slots.isPending || openSessions.isPending || found.isPending,
    error: found.data === undefined ? found.error : null,
    /** Of the slots, or the open sessions: the bookings are shown without them. */
    slotsError: [slots, openSessions].find(({ data }) => data === undefined)?.error ?? null,
    retry: () => {
      void slots.refetch()
      void openSessions.refetch()
      void found.refetch()
    },
    live,
    ofBookings: found,
  }
}
