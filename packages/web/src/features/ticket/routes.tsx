import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../app/root-route.ts'
import { loadTexts } from '../../lib/i18n.ts'

/** `/ticket#ID.TOKEN`: what gives access stands behind the #, which browsers never send. */
const ticketRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ticket',
  loader: () => loadTexts('ticket', 'booking'),
  component: lazyRouteComponent(() => import('./ticket-page.tsx'), 'TicketPage'),
})

export const ticketRoutes = [ticketRoute] as const
