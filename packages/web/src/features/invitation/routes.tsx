import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { rootRoute } from '../../lib/root-route.ts'

/** `/invitation#TOKEN`: browsers never send the fragment, so no server's or proxy's log has it. */
const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/invitation',
  loader: () => loadTexts('invitation'),
  component: lazyRouteComponent(() => import('./invitation-page.tsx'), 'InvitationPage'),
})

export const invitationRoutes = [invitationRoute] as const
