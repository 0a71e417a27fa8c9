import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { firstDayOf, slotsOfWeekQuery } from '../../domain/free-times/slots-of-week-query.ts'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { clinicQuery, doctorQuery } from '../../lib/queries/directory-queries.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { parseWeekSearch } from './week-search.ts'

const bookingRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/doctors/$doctorId',
  validateSearch: parseWeekSearch,
  loaderDeps: ({ search: { from } }) => ({ from }),
  loader: async ({ context: { queryClient }, params: { doctorId }, deps: { from } }) => {
    const texts = loadTexts('booking')
    const readTimes = (first: string) => void queryClient.prefetchQuery(slotsOfWeekQuery(doctorId, first))
    if (from !== undefined) readTimes(from)
    const doctor = await queryClient.ensureQueryData(doctorQuery(doctorId))
    // The page is shown before the clinic has been read, and shows an error if that fails.
    const clinic = queryClient.ensureQueryData(clinicQuery(doctor.clinicId))
    clinic
      .then((found) => {
        if (from === undefined && doctor.active) readTimes(firstDayOf(doctor, found))
      })
      .catch(() => undefined)
    await texts
  },
  component: lazyRouteComponent(() => import('./booking-page.tsx'), 'BookingPage'),
})

export const bookingRoutes = [bookingRoute] as const
