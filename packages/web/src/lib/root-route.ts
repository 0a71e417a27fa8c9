import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext } from '@tanstack/react-router'

/** What every route's loader is given. */
export type RouteContext = { queryClient: QueryClient }

/** Every feature's routes hang from here; the frame around them is put on in router.tsx, which knows all features. */
export const rootRoute = createRootRouteWithContext<RouteContext>()()
