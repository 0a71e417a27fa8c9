import type { ClinicWaitlistEntry } from '@holdfast/contract/client'

type Facts = Pick<ClinicWaitlistEntry, 'hasFreeTimes' | 'hasDeskTimes' | 'bookedSince' | 'offerNotified'>

/** Why the clinic calls who waits; null: it need not, also because they have got an appointment meanwhile. */
export function callReason({ hasFreeTimes, hasDeskTimes, bookedSince, offerNotified }: Facts) {
  if (bookedSince !== null) return null
  if (hasFreeTimes) return 'freeTimes'
  if (hasDeskTimes) return 'deskTimes'
  return offerNotified === false ? 'notNotified' : null
}
