import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext } from '@tanstack/react-router'

/** The context of every route's loader. */
export type RouteContext = { queryClient: QueryClient }

/** The parent of every feature's routes. app/router.tsx adds the frame and the features. */
export const rootRoute = createRootRouteWithContext<RouteContext>()()
