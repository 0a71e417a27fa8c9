/** What an operation is about: the sections of the documentation, and of the security log for refused requests. */
export const tags = [
  'Accounts',
  'Second factors',
  'Me',
  'Clinics',
  'People',
  'Doctors',
  'Visit types',
  'Slots',
  'Bookings',
  'Patients',
  'Waitlist',
  'Operating theatre',
  'Messages',
  'Calendars',
  'Closures',
  'Webhooks',
  'API keys',
  'Booking limits',
  'Erasure',
  'Figures',
  'Security log',
  'Proof',
  'Health',
] as const

export type Tag = (typeof tags)[number]
