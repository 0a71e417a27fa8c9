import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../lib/root-route.ts'

const proofRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/proof',
  component: lazyRouteComponent(() => import('./proof-page.tsx'), 'ProofPage'),
})

export const proofRoutes = [proofRoute] as const
