import type { WaitlistEntryBody } from '@holdfast/contract'
import type { LaterVisit, WaitlistEntry, WaitlistOffer } from '@holdfast/engine'
import { timeOrNull, timeText } from './time-text.ts'

/** The body of an entry of a waitlist, without its offer. @param addedBy the member of the clinic who added it */
export function waitlistEntryBody(entry: WaitlistEntry, addedBy: string | null): WaitlistEntryBody {
  const { id, clinicId, doctorId, specialization, visitTypeId, from, to, weekdays, timeFrom, timeTo, units } = entry
  return {
    id,
    clinicId,
    doctorId,
    specialization,
    visitTypeId,
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
    offeredUntil: timeOrNull(entry.offeredUntil),
    offerNotified: entry.isOfferNotified,
    patient: entry.patient,
    joinedAt: timeText(entry.joinedAt),
    addedBy,
    endedAt: timeOrNull(entry.endedAt),
  }
}

export function laterVisitBody(visit: LaterVisit | undefined) {
  return visit === undefined ? null : { bookingId: visit.bookingId, startsAt: timeText(visit.startsAt) }
}

export function pastOfferBody({ startsAt, offeredAt, endsAt, closedAt, ...offer }: WaitlistOffer) {
  return {
    ...offer,
    startsAt: timeOrNull(startsAt),
    offeredAt: timeText(offeredAt),
    endsAt: timeText(endsAt),
    closedAt: timeOrNull(closedAt),
  }
}
