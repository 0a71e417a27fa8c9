import type { MissingNeed, TimeRefusal, VisitRefusal } from '../model/session.ts'
import { kindOfVisitResource } from '../model/visit-resource.ts'
import { slotClosedWhy } from './claim-batch.ts'

const needsTaken = 'needs_taken:'

/** The outcome of `claim_times` or `slot_for_move` that is about the time; null: it is another one. */
export function timeRefusal(outcome: string): TimeRefusal | null {
  switch (outcome) {
    case 'session_missing':
    case 'visit_type_missing':
    case 'visit_type_not_offered':
    case 'time_not_offered':
      return { kind: outcome }
    case 'visit_type_by_desk':
      return { kind: 'visit_type_restricted', bookableBy: 'desk' }
    case 'visit_type_by_known_patients':
      return { kind: 'visit_type_restricted', bookableBy: 'known_patients' }
    default:
      return outcome.startsWith(needsTaken) ? { kind: 'needs_taken', missing: missingIn(outcome) } : null
  }
}

function missingIn(outcome: string): MissingNeed[] {
  const missing: { kind: string; name: string | null }[] = JSON.parse(
    Buffer.from(outcome.slice(needsTaken.length), 'base64').toString(),
  )
  return missing.map(({ kind, name }) => ({ kind: kindOfVisitResource(kind), name }))
}

/** Why no visit begins then, of `slot_for_move` or `refusal_of_all`: the time, or what is booked there. */
export function visitRefusal(outcome: string): VisitRefusal {
  switch (outcome) {
    case 'slot_full':
    case 'appointment_type_not_offered':
      return { kind: outcome }
    default:
      return timeRefusal(outcome) ?? { kind: 'slot_closed', why: slotClosedWhy(outcome) }
  }
}
