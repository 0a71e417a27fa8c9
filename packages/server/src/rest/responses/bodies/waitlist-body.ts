import type { WaitlistEntryBody } from '@holdfast/contract'
import type { WaitlistEntry } from '@holdfast/engine'
import { timeText } from './time-text.ts'

/** The body of an entry of a waitlist, without its offer. */
export function waitlistEntryBody(entry: WaitlistEntry): WaitlistEntryBody {
  const { id, clinicId, doctorId, specialization, from, to, weekdays, timeFrom, timeTo, units } = entry
  return {
    id,
    clinicId,
    doctorId,
    specialization,
    from,
    to,
    weekdays,
    timeFrom,
    timeTo,
    units,
    urgency: entry.urgency,
    status: entry.status,
    endReason: entry.endReason,
    paused: entry.isPaused,
    position: entry.position,
    missedOffers: entry.missed,
    offeredUntil: entry.offeredUntil && timeText(entry.offeredUntil),
    offerNotified: entry.isOfferNotified,
    patient: entry.patient,
    joinedAt: timeText(entry.joinedAt),
    endedAt: entry.endedAt && timeText(entry.endedAt),
  }
}
