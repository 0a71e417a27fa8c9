import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { parseWithdrawalSearch } from '../../domain/slots/withdrawal-search.ts'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import type { NavItem } from '../../lib/nav-item.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { forbidden, lacksSecondFactor, requireMe } from '../../lib/session/access.ts'
import { parseDaySearch } from './day-search.ts'
import { ownCalendars } from './own-calendars.ts'

const doctorRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/my-day',
  validateSearch: parseDaySearch,
  loaderDeps: ({ search: { clinicId } }) => ({ clinicId }),
  beforeLoad: async ({ context, location, search }) => {
    const me = await requireMe(context.queryClient, location.href)
    const calendars = ownCalendars(me)
    const opened = calendars.find(({ clinicId }) => clinicId === search.clinicId) ?? calendars[0]
    if (opened === undefined) throw forbidden()
    if (lacksSecondFactor(me, opened.clinicId)) throw redirect({ to: '/account', search: { to: location.href } })
    return { calendars }
  },
  loader: async ({ context, deps }) => {
    const { calendars, queryClient } = context
    const calendar = calendars.find(({ clinicId }) => clinicId === deps.clinicId) ?? calendars[0]
    if (calendar === undefined) throw forbidden()
    const [clinics] = await Promise.all([
      Promise.all(calendars.map(({ clinicId }) => queryClient.ensureQueryData(clinicQuery(clinicId)))),
      loadTexts('doctor-day', 'answers', 'schedule', 'calendars', 'other-problems'),
    ])
    const clinic = clinics[calendars.indexOf(calendar)]
    if (clinic === undefined) throw forbidden()
    return { clinic, clinics, doctorId: calendar.doctorId }
  },
  component: lazyRouteComponent(() => import('./doctor-frame.tsx'), 'DoctorFrame'),
})

const dayRoute = createRoute({
  getParentRoute: () => doctorRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./day-page.tsx'), 'DayPage'),
})

const weekRoute = createRoute({
  getParentRoute: () => doctorRoute,
  path: 'week',
  component: lazyRouteComponent(() => import('./week-page.tsx'), 'WeekPage'),
})

const timesRoute = createRoute({
  getParentRoute: () => doctorRoute,
  path: 'times',
  validateSearch: parseWithdrawalSearch,
  component: lazyRouteComponent(() => import('./times-page.tsx'), 'TimesPage'),
})

const videoRoute = createRoute({
  getParentRoute: () => doctorRoute,
  path: 'video',
  component: lazyRouteComponent(() => import('./video-page.tsx'), 'VideoPage'),
})

export const doctorDayRoutes = [doctorRoute.addChildren([dayRoute, weekRoute, timesRoute, videoRoute])] as const

export const doctorDayNav: readonly NavItem[] = [
  {
    to: '/my-day',
    label: 'nav.myDay',
    isFor: (session) => session.kind === 'account' && ownCalendars(session.me).length > 0,
  },
]
