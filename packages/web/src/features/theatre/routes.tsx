import { localDay, type Role } from '@holdfast/vocabulary'
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { earlyRequestsSent } from '../../lib/api/early-responses.ts'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { clinicDoctorsQuery } from '../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { forbidden, lacksSecondFactor, requireMe, roleIn } from '../../lib/session/access.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { boardDays, boardQuery } from './board-query.ts'
import { parseBoardSearch, parseBookCaseSearch, parseReportSearch, parseRequestsSearch } from './theatre-search.ts'

const theatreRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/clinic/$clinicId/theatre',
  beforeLoad: async ({ context, location, params }) => {
    const me = await requireMe(context.queryClient, location.href)
    if (lacksSecondFactor(me, params.clinicId)) throw redirect({ to: '/account', search: { to: location.href } })
    const role = roleIn(me, params.clinicId)
    if (role === null) throw forbidden()
    return { role }
  },
  loader: async ({ context: { queryClient, role }, params: { clinicId } }) => {
    await Promise.all([
      queryClient.ensureQueryData(clinicQuery(clinicId)),
      earlyRequestsSent().then(() => queryClient.ensureQueryData(clinicDoctorsQuery(clinicId))),
      loadTexts('theatre', 'schedule'),
    ])
    // Needed once something is refused, so that the board is shown without them.
    void loadTexts('other-problems')
    return { role }
  },
  component: lazyRouteComponent(() => import('./theatre-frame.tsx'), 'TheatreFrame'),
})

function requireStaff({ context }: { context: { role: Role } }): void {
  if (context.role === 'doctor') throw forbidden()
}

function requireAdmin({ context }: { context: { role: Role } }): void {
  if (context.role !== 'admin') throw forbidden()
}

const parent = { getParentRoute: () => theatreRoute } as const

const boardRoute = createRoute({
  ...parent,
  path: '/',
  validateSearch: parseBoardSearch,
  loaderDeps: ({ search: { day, view } }) => ({ day, view }),
  // Requested while the page’s program is loading, and not waited for.
  loader: async ({ context: { queryClient }, params: { clinicId }, deps: { day, view } }) => {
    const wanted = day ?? localDay(serverNow(), (await queryClient.ensureQueryData(clinicQuery(clinicId))).timezone)
    await earlyRequestsSent()
    void queryClient.prefetchQuery(boardQuery(clinicId, ...boardDays(wanted, view)))
  },
  component: lazyRouteComponent(() => import('./board/board-page.tsx'), 'BoardPage'),
})
const bookCaseRoute = createRoute({
  ...parent,
  path: 'book',
  validateSearch: parseBookCaseSearch,
  beforeLoad: requireStaff,
  component: lazyRouteComponent(() => import('./book/book-case-page.tsx'), 'BookCasePage'),
})

const requestsRoute = createRoute({
  ...parent,
  path: 'requests',
  validateSearch: parseRequestsSearch,
  component: lazyRouteComponent(() => import('./requests/requests-page.tsx'), 'RequestsPage'),
})
const reportRoute = createRoute({
  ...parent,
  path: 'report',
  validateSearch: parseReportSearch,
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./report/report-page.tsx'), 'ReportPage'),
})
const setupRoute = createRoute({
  ...parent,
  path: 'setup',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./setup/setup-page.tsx'), 'SetupPage'),
})
const blocksRoute = createRoute({
  ...parent,
  path: 'blocks',
  beforeLoad: requireStaff,
  component: lazyRouteComponent(() => import('./setup/blocks-page.tsx'), 'BlocksPage'),
})

export const theatreRoutes = [
  theatreRoute.addChildren([boardRoute, bookCaseRoute, requestsRoute, reportRoute, setupRoute, blocksRoute]),
] as const
