/**
 * A page that people open from outside: its addresses, its module, and the namespaces of texts that its route loads.
 */
export type FirstPage = { name: string; path: RegExp; module: string; texts: readonly string[] }

/**
 * The patients' pages. What they load at once is bounded (first-load.test.ts) and fetched early
 * (first-files-of-build.ts).
 */
export const firstPages: readonly FirstPage[] = [
  { name: 'find a doctor', path: /^\/$/, module: 'src/features/doctors/doctors-page.tsx', texts: ['doctors'] },
  { name: 'times', path: /^\/doctors\//, module: 'src/features/booking/booking-page.tsx', texts: ['booking'] },
  {
    name: 'ticket',
    path: /^\/ticket$/,
    module: 'src/features/ticket/ticket-page.tsx',
    texts: ['ticket', 'booking', 'links'],
  },
  {
    name: 'my bookings',
    path: /^\/my-bookings$/,
    module: 'src/features/my-bookings/my-bookings-page.tsx',
    texts: ['my-bookings', 'ticket'],
  },
  { name: 'sign in', path: /^\/sign-in$/, module: 'src/features/account/sign-in-page.tsx', texts: ['account'] },
]

/** The namespaces that every page loads. */
export const textsOfAll: readonly string[] = ['shell', 'problems']
