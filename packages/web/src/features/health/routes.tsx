import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { forbidden, requireMe } from '../../lib/session/access.ts'

const healthRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/health',
  beforeLoad: async ({ context, location }) => {
    if (!(await requireMe(context.queryClient, location.href)).siteAdministrator) throw forbidden()
  },
  loader: () => loadTexts('health', 'other-problems'),
  component: lazyRouteComponent(() => import('./health-page.tsx'), 'HealthPage'),
})

export const healthRoutes = [healthRoute] as const
