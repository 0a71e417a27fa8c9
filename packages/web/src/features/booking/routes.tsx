import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../app/root-route.ts'
import { clinicQuery, doctorQuery } from '../../lib/directory-queries.ts'
import { loadTexts } from '../../lib/i18n.ts'
import { parseWeekSearch } from './week-search.ts'

const bookingRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/doctors/$doctorId',
  validateSearch: parseWeekSearch,
  loader: async ({ context: { queryClient }, params: { doctorId } }) => {
    const texts = loadTexts('booking')
    const doctor = await queryClient.ensureQueryData(doctorQuery(doctorId))
    await Promise.all([texts, queryClient.ensureQueryData(clinicQuery(doctor.clinicId))])
  },
  component: lazyRouteComponent(() => import('./booking-page.tsx'), 'BookingPage'),
})

export const bookingRoutes = [bookingRoute] as const
