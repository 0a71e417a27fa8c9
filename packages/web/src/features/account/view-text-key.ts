import type { SeenData } from '@holdfast/contract/client'

const byKind = {
  booking_read: 'seen.opened',
  bookings_read: 'seen.list',
  data_exported: 'seen.file',
  patient_corrected: 'seen.corrected',
  message_sent_again: 'seen.messageSent',
  patient_linked: 'seen.linked',
  patient_unlinked: 'seen.unlinked',
  waitlist_entry_removed: 'seen.removed',
} as const satisfies Partial<Record<SeenData['kind'], string>>

/** Details that say more than the kind. */
const byDetail = {
  history: 'seen.history',
  search: 'seen.search',
  'calendar feed': 'seen.feed',
  waitlist: 'seen.waitlist',
  personal_data: 'seen.all',
} as const

type ViewTextKey =
  | (typeof byKind)[keyof typeof byKind]
  | (typeof byDetail)[keyof typeof byDetail]
  | 'seen.entry'
  | 'seen.other'

/** The text of what somebody did with the data of an account. */
export function viewTextKey({ kind, details, appointments, waitlistEntryIds }: SeenData): ViewTextKey {
  const isEntryAlone = appointments.length === 0 && waitlistEntryIds.length > 0
  if (kind === 'booking_read' && isEntryAlone) return 'seen.entry'
  const detail = (Object.keys(byDetail) as (keyof typeof byDetail)[]).find((one) => details.includes(one))
  if (detail !== undefined) return byDetail[detail]
  const kinds: Readonly<Partial<Record<SeenData['kind'], ViewTextKey>>> = byKind
  return kinds[kind] ?? 'seen.other'
}
