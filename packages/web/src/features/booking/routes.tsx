import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../app/root-route.ts'
import { loadTexts } from '../../lib/i18n.ts'
import { parseWeekSearch } from './week-search.ts'

const bookingRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/doctors/$doctorId',
  validateSearch: parseWeekSearch,
  loader: () => loadTexts('booking'),
  component: lazyRouteComponent(() => import('./booking-page.tsx'), 'BookingPage'),
})

export const bookingRoutes = [bookingRoute] as const
