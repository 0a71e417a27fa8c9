import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import type { NavItem } from '../../lib/nav-item.ts'
import { clinicsQuery } from '../../lib/queries/directory-queries.ts'
import { rootRoute } from '../../lib/root-route.ts'

const myBookingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/my-bookings',
  loader: () => loadTexts('my-bookings', 'ticket', 'calendars'),
  component: lazyRouteComponent(() => import('./my-bookings-page.tsx'), 'MyBookingsPage'),
})

const findBookingRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/find-booking',
  validateSearch: ({ reference }: { reference?: unknown }): { reference?: string } =>
    typeof reference === 'string' ? { reference } : {},
  loader: ({ context: { queryClient } }) => {
    // Whether the page asks for the clinic. The rest of the form does not wait for it.
    void queryClient.prefetchQuery({ ...clinicsQuery(queryClient), retry: false })
    return loadTexts('my-bookings', 'ticket')
  },
  component: lazyRouteComponent(() => import('./find-booking-page.tsx'), 'FindBookingPage'),
})

export const myBookingsRoutes = [myBookingsRoute, findBookingRoute] as const

export const myBookingsNav: readonly NavItem[] = [
  { to: '/my-bookings', label: 'nav.myBookings', isFor: (session) => session.kind !== 'unknown' },
]
