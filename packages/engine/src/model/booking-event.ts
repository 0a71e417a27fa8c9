import type { AllocationKind, BookingEventType, BookingStatus, Milestone } from '@holdfast/vocabulary'
import type { RuleOverride } from './theatre-case.ts'

/** One event of a booking in the log, without patient data. */
export type BookingEvent = {
  /** `epoch.xid.seq`, to be sent back as `after` */
  position: string
  bookingId: string
  version: number
  at: Date
  type: BookingEventType
  /**
   * linked, corrected, contact_corrected, consent_withdrawn, answers_corrected, reopened, erased, milestone, prolonged,
   * and moved of a case whose patient has arrived: the status afterwards; null: it follows from the type.
   */
  statusAfter: BookingStatus | null
  slotId: string
  doctorId: string
  units: number
  holdExpiresAt: Date | null
  fromSlotId: string | null
  reason: string | null
  actorId: string | null
  /** What the event says of a case in an operating room; null: nothing, or it is an appointment. */
  caseDetails: CaseDetails | null
}

/**
 * `allocations`: what the case takes from now on, as `[kind, resourceId, unit, from, to]`, of held, confirmed, moved
 * and prolonged. A cancelled or failed case takes nothing. Times are in ISO 8601.
 */
export type CaseDetails = {
  allocations?: [AllocationKind, string, number, string, string][]
  override?: RuleOverride
  /**
   * For moved: who left the team of a running case, who came, and who stays in another role, by ids. Nothing else
   * changed. Older events have no `changed`.
   */
  relieved?: { left: string[]; joined: string[]; changed?: { id: string; role: 'anaesthetist' | 'staff' }[] }
  /** The case was over by its plan when it was entered, or moved there. */
  afterwards?: true
  milestone?: Milestone
  /** The time of the milestone; null: it was removed. */
  at?: string | null
  /** The milestone contradicts what was recorded, or was in the future. Such a change is refused by itself. */
  forced?: true
  expectedEndsAt?: string
}
