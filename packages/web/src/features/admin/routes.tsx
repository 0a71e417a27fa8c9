import { localDay, type Role } from '@holdfast/vocabulary'
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { earlyRequestsSent } from '../../lib/api/early-responses.ts'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import type { NavItem } from '../../lib/nav-item.ts'
import { bookingsQuery, clinicDoctorsQuery } from '../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { rootRoute } from '../../lib/root-route.ts'
import { forbidden, lacksSecondFactor, requireMe, roleIn } from '../../lib/session/access.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import {
  parseAuditSearch,
  parseBookingsSearch,
  parseBookSearch,
  parseClinicsSearch,
  parseDoctorSearch,
  parseDoctorsSearch,
  parseMessagesSearch,
  parseMoveSearch,
  parseNewPatientSearch,
  parsePersonalDataSearch,
  parseRangeSearch,
  parseTimesSearch,
  parseTodaySearch,
  parseWaitlistSearch,
} from './admin-search.ts'

/** The roles that may open the clinic's pages; doctors have their own pages. */
const clinicRoles: readonly (Role | null)[] = ['staff', 'admin']

const clinicsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/clinic',
  validateSearch: parseClinicsSearch,
  beforeLoad: async ({ context, location }) => {
    const me = await requireMe(context.queryClient, location.href)
    const clinicIds = me.memberships.filter(({ role }) => clinicRoles.includes(role)).map(({ clinicId }) => clinicId)
    if (clinicIds.length === 0 && !me.siteAdministrator) throw forbidden()
    return { clinicIds, isSiteAdministrator: me.siteAdministrator }
  },
  loader: () => loadTexts('admin', 'answers', 'schedule', 'calendars', 'series', 'other-problems'),
  component: lazyRouteComponent(() => import('./clinics/clinics-page.tsx'), 'ClinicsPage'),
})

const clinicRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/clinic/$clinicId',
  beforeLoad: async ({ context, location, params }) => {
    const me = await requireMe(context.queryClient, location.href)
    if (lacksSecondFactor(me, params.clinicId)) throw redirect({ to: '/account', search: { to: location.href } })
    const role = roleIn(me, params.clinicId)
    if (!clinicRoles.includes(role)) throw forbidden()
    return { role }
  },
  loader: async ({ context: { queryClient, role }, params: { clinicId } }) => {
    const [clinic] = await Promise.all([
      queryClient.ensureQueryData(clinicQuery(clinicId)),
      earlyRequestsSent().then(() => queryClient.ensureQueryData(clinicDoctorsQuery(clinicId))),
      loadTexts('admin', 'answers', 'schedule', 'calendars', 'series', 'other-problems'),
    ])
    return { clinic, isAdmin: role === 'admin' }
  },
  component: lazyRouteComponent(() => import('./shared/frame/clinic-frame.tsx'), 'ClinicFrame'),
})

/** Figures, members, settings and the log are for administrators only. */
function requireAdmin({ context }: { context: { role: Role | null } }): void {
  if (context.role !== 'admin') throw forbidden()
}

const parent = { getParentRoute: () => clinicRoute } as const
const waitlistTexts = { loader: () => loadTexts('waitlist') } as const

const dashboardRoute = createRoute({
  ...parent,
  path: '/',
  validateSearch: parseRangeSearch,
  beforeLoad: ({ context, params }) => {
    // Staff may not see the figures; they start with the day.
    if (context.role !== 'admin') throw redirect({ to: '/clinic/$clinicId/day', params, search: {} })
  },
  component: lazyRouteComponent(() => import('./dashboard/dashboard-page.tsx'), 'DashboardPage'),
})
const todayRoute = createRoute({
  ...parent,
  path: 'day',
  validateSearch: parseTodaySearch,
  loaderDeps: ({ search: { day } }) => ({ day }),
  // Requested while the page’s program is loading, and not waited for.
  loader: async ({ context: { queryClient }, params: { clinicId }, deps: { day } }) => {
    const shown = day ?? localDay(serverNow(), (await queryClient.ensureQueryData(clinicQuery(clinicId))).timezone)
    await earlyRequestsSent()
    void queryClient.prefetchQuery(bookingsQuery(clinicId, { from: shown, to: shown }))
  },
  component: lazyRouteComponent(() => import('./today/today-page.tsx'), 'TodayPage'),
})
const bookingsRoute = createRoute({
  ...parent,
  path: 'bookings',
  validateSearch: parseBookingsSearch,
  component: lazyRouteComponent(() => import('./bookings/bookings-page.tsx'), 'BookingsPage'),
})
const requestsRoute = createRoute({
  ...parent,
  path: 'requests',
  component: lazyRouteComponent(() => import('./bookings/requests-page.tsx'), 'RequestsPage'),
})
const bookingRoute = createRoute({
  ...parent,
  loader: () => loadTexts('waitlist', 'patients'),
  path: 'bookings/$bookingId',
  validateSearch: parseMoveSearch,
  component: lazyRouteComponent(() => import('./bookings/booking-page.tsx'), 'ClinicBookingPage'),
})
const patientTexts = { loader: () => loadTexts('patients', 'waitlist') } as const
const patientsRoute = createRoute({
  ...parent,
  ...patientTexts,
  path: 'patients',
  component: lazyRouteComponent(() => import('./patients/patients-page.tsx'), 'PatientsPage'),
})
const newPatientRoute = createRoute({
  ...parent,
  ...patientTexts,
  path: 'patients/new',
  validateSearch: parseNewPatientSearch,
  component: lazyRouteComponent(() => import('./patients/new-patient-page.tsx'), 'NewPatientPage'),
})
const personalDataRoute = createRoute({
  ...parent,
  loader: () => loadTexts('personal-data', 'patients'),
  path: 'patients/data',
  validateSearch: parsePersonalDataSearch,
  component: lazyRouteComponent(() => import('./patients/personal-data-page.tsx'), 'ClinicPersonalDataPage'),
})
const patientRoute = createRoute({
  ...parent,
  ...patientTexts,
  path: 'patients/$patientId',
  component: lazyRouteComponent(() => import('./patients/patient-page.tsx'), 'PatientPage'),
})
const bookRoute = createRoute({
  ...parent,
  loader: () => loadTexts('waitlist', 'visits'),
  path: 'book',
  validateSearch: parseBookSearch,
  component: lazyRouteComponent(() => import('./book/book-page.tsx'), 'BookPage'),
})
const doctorsRoute = createRoute({
  ...parent,
  path: 'doctors',
  validateSearch: parseDoctorsSearch,
  component: lazyRouteComponent(() => import('./doctors/doctors-page.tsx'), 'ClinicDoctorsPage'),
})
const doctorLinkRoute = createRoute({
  ...parent,
  path: 'doctors/$doctorId/link',
  component: lazyRouteComponent(() => import('./doctors/doctor-link-page.tsx'), 'DoctorLinkPage'),
})
const timesRoute = createRoute({
  ...parent,
  path: 'times',
  validateSearch: parseTimesSearch,
  component: lazyRouteComponent(() => import('./times/times-page.tsx'), 'ClinicTimesPage'),
})
const workingHoursRoute = createRoute({
  ...parent,
  loader: () => loadTexts('working-hours'),
  path: 'working-hours',
  validateSearch: parseDoctorSearch,
  component: lazyRouteComponent(() => import('./working-hours/working-hours-page.tsx'), 'WorkingHoursPage'),
})
const closuresRoute = createRoute({
  ...parent,
  path: 'closures',
  component: lazyRouteComponent(() => import('./closures/closures-page.tsx'), 'ClosuresPage'),
})
const waitlistRoute = createRoute({
  ...parent,
  ...waitlistTexts,
  path: 'waitlist',
  validateSearch: parseWaitlistSearch,
  component: lazyRouteComponent(() => import('./waitlist/waitlist-page.tsx'), 'WaitlistPage'),
})
const addToWaitlistRoute = createRoute({
  ...parent,
  ...waitlistTexts,
  path: 'waitlist/add',
  component: lazyRouteComponent(() => import('./waitlist/add-entry-page.tsx'), 'AddEntryPage'),
})
const messagesRoute = createRoute({
  ...parent,
  path: 'messages',
  validateSearch: parseMessagesSearch,
  component: lazyRouteComponent(() => import('./messages/messages-page.tsx'), 'MessagesPage'),
})
const peopleRoute = createRoute({
  ...parent,
  path: 'people',
  validateSearch: parseDoctorSearch,
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./people/people-page.tsx'), 'PeoplePage'),
})
const settingsRoute = createRoute({
  ...parent,
  path: 'settings',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
})
const privacyRoute = createRoute({
  ...parent,
  path: 'privacy',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./privacy/privacy-page.tsx'), 'PrivacyPage'),
})
const visitTypesRoute = createRoute({
  ...parent,
  path: 'visit-types',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./visit-types/visit-types-page.tsx'), 'VisitTypesPage'),
})
const visitResourcesRoute = createRoute({
  ...parent,
  path: 'rooms',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./visit-resources/visit-resources-page.tsx'), 'VisitResourcesPage'),
})
const webhooksRoute = createRoute({
  ...parent,
  path: 'webhooks',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})
const apiKeysRoute = createRoute({
  ...parent,
  path: 'api-keys',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
})
const proofRoute = createRoute({
  ...parent,
  path: 'proof',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./proof/proof-page.tsx'), 'ProofPage'),
})

const auditRoute = createRoute({
  ...parent,
  path: 'security-log',
  validateSearch: parseAuditSearch,
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
})
const siteAuditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/security-log',
  validateSearch: parseAuditSearch,
  beforeLoad: async ({ context, location }) => {
    if (!(await requireMe(context.queryClient, location.href)).siteAdministrator) throw forbidden()
  },
  loader: () => loadTexts('admin', 'schedule', 'other-problems'),
  component: lazyRouteComponent(() => import('./audit/site-audit-page.tsx'), 'SiteAuditPage'),
})

export const adminRoutes = [
  clinicsRoute,
  clinicRoute.addChildren([
    dashboardRoute,
    todayRoute,
    requestsRoute,
    bookingsRoute,
    bookingRoute,
    patientsRoute,
    personalDataRoute,
    newPatientRoute,
    patientRoute,
    bookRoute,
    doctorsRoute,
    doctorLinkRoute,
    timesRoute,
    workingHoursRoute,
    closuresRoute,
    waitlistRoute,
    addToWaitlistRoute,
    messagesRoute,
    peopleRoute,
    settingsRoute,
    privacyRoute,
    visitTypesRoute,
    visitResourcesRoute,
    webhooksRoute,
    apiKeysRoute,
    proofRoute,
    auditRoute,
  ]),
  siteAuditRoute,
] as const

export const adminNav: readonly NavItem[] = [
  {
    to: '/clinic',
    label: 'nav.clinic',
    isFor: (session) =>
      session.kind === 'account' &&
      (session.me.siteAdministrator || session.me.memberships.some(({ role }) => clinicRoles.includes(role))),
  },
]
