/**
 * A page that people open from outside: its addresses, its modules, and the namespaces of texts that its route loads.
 * `kilobytesMax`: of compressed script.
 */
export type FirstPage = {
  name: string
  path: RegExp
  modules: readonly string[]
  texts: readonly string[]
  kilobytesMax: number
}

const patientsPage = { kilobytesMax: 202 }

/**
 * The patients' pages, the desk's day, and the board of an operating theatre, which is on many screens. What they load
 * at once is bounded (first-load.test.ts) and fetched early (first-files-of-build.ts).
 */
export const firstPages: readonly FirstPage[] = [
  {
    name: 'find a doctor',
    path: /^\/$/,
    modules: ['src/features/doctors/doctors-page.tsx'],
    texts: ['doctors'],
    ...patientsPage,
  },
  {
    name: 'times',
    path: /^\/doctors\//,
    modules: ['src/features/booking/booking-page.tsx'],
    texts: ['booking'],
    ...patientsPage,
  },
  {
    name: 'ticket',
    path: /^\/ticket$/,
    modules: ['src/features/ticket/ticket-page.tsx'],
    texts: ['ticket', 'links'],
    ...patientsPage,
  },
  {
    name: 'my bookings',
    path: /^\/my-bookings$/,
    modules: ['src/features/my-bookings/my-bookings-page.tsx'],
    texts: ['my-bookings', 'ticket'],
    ...patientsPage,
  },
  {
    name: 'sign in',
    path: /^\/sign-in$/,
    modules: ['src/features/account/sign-in-page.tsx'],
    texts: ['account'],
    ...patientsPage,
  },
  {
    name: 'today',
    path: /^\/clinic\/[^/]+\/day\/?$/,
    modules: ['src/features/admin/shared/frame/clinic-frame.tsx', 'src/features/admin/today/today-page.tsx'],
    texts: ['admin', 'answers', 'schedule', 'calendars', 'series', 'other-problems'],
    kilobytesMax: 238,
  },
  {
    name: 'board',
    path: /^\/clinic\/[^/]+\/theatre\/?$/,
    modules: ['src/features/theatre/theatre-frame.tsx', 'src/features/theatre/board/board-page.tsx'],
    texts: ['theatre', 'schedule'],
    kilobytesMax: 221,
  },
]

/** The namespaces that every page loads. */
export const textsOfAll: readonly string[] = ['shell', 'problems']
