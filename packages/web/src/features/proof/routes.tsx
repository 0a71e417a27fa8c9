import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { rootRoute } from '../../lib/root-route.ts'

const proofRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/proof',
  loader: () => loadTexts('proof'),
  component: lazyRouteComponent(() => import('./proof-page.tsx'), 'ProofPage'),
})

export const proofRoutes = [proofRoute] as const
