import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n.ts'
import { rootRoute } from '../../lib/root-route.ts'

/**
 * `/ticket#ID.TOKEN`: the fragment gives access, and browsers never send it. With `?move=true` the times to
 * move to are shown immediately.
 */
const ticketRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ticket',
  validateSearch: ({ move }: Record<string, unknown>): { move?: true } => (move === true ? { move } : {}),
  loader: () => loadTexts('ticket', 'booking'),
  component: lazyRouteComponent(() => import('./ticket-page.tsx'), 'TicketPage'),
})

export const ticketRoutes = [ticketRoute] as const
