import type { ExternalId } from './external-id.ts'
import type { SlotDraft } from './slot.ts'

/** Local opening times of a room on one weekday, 1 (Monday)–7: `HH:MM`, `24:00` may end a day. */
export type OpeningHours = { weekday: number; from: string; to: string }

export type NewRoom = {
  name: string
  site: string | null
  /** Minutes after a case in which the room is cleaned, and taken; 0–480. They count among the minutes of a block. */
  turnoverMinutes: number
  /** null: always open. An empty list: never. */
  hours: OpeningHours[] | null
  externalIds?: ExternalId[]
}

type Stored<New> = New & { id: string; active: boolean; externalIds: ExternalId[] }

export type Room = Stored<NewRoom>

export type Profession = 'surgeon' | 'anaesthetist' | 'nurse' | 'technician'

export type NewStaff = {
  name: string
  profession: Profession
  /** Equipment that this person's cases should have as surgeon: a soft rule. */
  preferredEquipmentIds: string[]
  externalIds?: ExternalId[]
}

export type Staff = Stored<NewStaff>

/** A doctor of the clinic, who can be the surgeon of cases. */
export type TheatreDoctor = Pick<Staff, 'id' | 'name' | 'active' | 'preferredEquipmentIds'>

export type NewEquipment = {
  name: string
  /** Identical pieces, numbered from 1; 1–1,000. */
  units: number
  /** Minutes after a case in which a piece is reprocessed, and taken; 0–2,880. */
  reprocessingMinutes: number
  externalIds?: ExternalId[]
}

export type Equipment = Stored<NewEquipment>

/** Who may book in a block before it is released; both null: everybody. */
export type BlockOwner = { service: string | null; surgeonId: string | null }

/** A time of a room in which its owner's cases are booked, up to a number of minutes. */
export type Block = BlockOwner & {
  id: string
  roomId: string
  from: Date
  to: Date
  /** The minutes for cases with turnover, in all. */
  minutes: number
  /** The minutes of PENDING and CONFIRMED cases and later states; lapsed holds are not counted. */
  usedMinutes: number
  /** So many days before its start, the block is open to everybody; null: never by itself. */
  releaseDays: number | null
  /** When it was, or will be, opened to everybody. */
  releasedAt: Date | null
  isReleased: boolean
  /** Blocks that were created by one rule have the same one. */
  seriesId: string | null
  withdrawnAt: Date | null
  /** How far a run is that fills the block from the waitlist now; null: none does. */
  filling: BlockFilling | null
}

/** How many open requests a run has looked at, and how many cases it has booked or held. */
export type BlockFilling = { examined: number; booked: number }

/**
 * When a recurring block takes place, in the clinic's zone: dates `YYYY-MM-DD`, both included, at most two years;
 * times `HH:MM`, `24:00` may end a day, and an end before the start is on the next day. `weeksOfMonth`: only the first
 * (1) to fifth (5) or the last (-1) of these weekdays in a month; null: every week. `exceptDates`: holidays and other
 * days without the block.
 */
export type BlockRule = {
  from: string
  to: string
  weekdays: number[]
  weeksOfMonth: number[] | null
  startTime: string
  endTime: string
  exceptDates: string[]
}

export type CreateBlocksRequest = BlockOwner & {
  roomId: string
  /** Times of blocks (at most 10,000), whose capacities are their minutes; or a rule. `minutes` null: its length. */
  when: { drafts: SlotDraft[] } | { rule: BlockRule; minutes: number | null }
  releaseDays: number | null
  dryRun: boolean
  actorId: string | null
}

export type BlockDraftOutcome = SlotDraft & {
  /** The same as in `SlotDraftOutcome`. */
  outcome: 'created' | 'skipped' | 'conflict'
  blockId: string | null
  /** The first case in conflict; null: none, or it has left the room since. */
  caseId: string | null
}

export type CreateBlocksOutcome =
  | {
      kind: 'done'
      seriesId: string | null
      items: BlockDraftOutcome[]
      /** The days of a rule that lack its times (expandBlockRule). */
      missingDates: string[]
      /** null: nothing was written. */
      position: string | null
    }
  /** `path` is a JSON pointer into the rule. */
  | { kind: 'invalid_rule'; path: string; message: string }
  /** `path`: roomId or surgeonId. */
  | { kind: 'resource_missing'; path: string }

export type ChangeBlockRequest = {
  blockId: string
  /**
   * release: opens it to everybody now; reclaim: undoes that; take_over: gives it to another owner; resize: changes its
   * minutes, not below what is used nor above its length.
   */
  action:
    | { kind: 'release' }
    | { kind: 'reclaim' }
    | ({ kind: 'take_over' } & BlockOwner)
    | { kind: 'resize'; minutes: number }
  actorId: string | null
}

export type ChangeBlockOutcome =
  | { kind: 'done'; block: Block; position: string }
  | { kind: 'block_missing' }
  | { kind: 'minutes_over_length' }
  | { kind: 'minutes_in_use'; usedMinutes: number }
  | { kind: 'resource_missing'; path: string }
