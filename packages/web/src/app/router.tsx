import { createRouter } from '@tanstack/react-router'
import { accountRoutes } from '../features/account/routes.tsx'
import { adminRoutes } from '../features/admin/routes.tsx'
import { bookingRoutes } from '../features/booking/routes.tsx'
import { doctorDayRoutes } from '../features/doctor-day/routes.tsx'
import { doctorsRoutes } from '../features/doctors/routes.tsx'
import { healthRoutes } from '../features/health/routes.tsx'
import { invitationRoutes } from '../features/invitation/routes.tsx'
import { myBookingsRoutes } from '../features/my-bookings/routes.tsx'
import { proofRoutes } from '../features/proof/routes.tsx'
import { theatreRoutes } from '../features/theatre/routes.tsx'
import { ticketRoutes } from '../features/ticket/routes.tsx'
import { waitlistRoutes } from '../features/waitlist/routes.tsx'
import { createQueryClient } from '../lib/api/query-client.ts'
import { rootRoute } from '../lib/root-route.ts'
import { PageError } from '../ui/states/page-error.tsx'
import { PageLoading } from '../ui/states/page-loading.tsx'
import { PageNotFound } from './page-not-found.tsx'
import { Shell } from './shell.tsx'

export const queryClient = createQueryClient()

const routeTree = rootRoute
  .update({ component: Shell, notFoundComponent: PageNotFound, errorComponent: PageError })
  .addChildren([
    ...doctorsRoutes,
    ...bookingRoutes,
    ...ticketRoutes,
    ...myBookingsRoutes,
    ...waitlistRoutes,
    ...proofRoutes,
    ...accountRoutes,
    ...invitationRoutes,
    ...doctorDayRoutes,
    ...adminRoutes,
    ...theatreRoutes,
    ...healthRoutes,
  ])

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  // TanStack Query decides what is fresh.
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: PageLoading,
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
  defaultErrorComponent: PageError,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
