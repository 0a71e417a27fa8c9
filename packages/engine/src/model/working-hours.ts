import type { Booking } from './booking.ts'

/**
 * A part of a doctor's week, in local times of the clinic's zone: `HH:MM`, `24:00` as an end. It belongs to the day on
 * which it begins, and ends on the next day if `to` is not after `from`. A local time that does not exist on a day
 * moves forward by the gap; one that exists twice is the first.
 */
export type WorkingBand = {
  /** 1 (Monday) to 7. */
  weekdays: number[]
  from: string
  to: string
  /** Every n-th week; weeks begin on Mondays. */
  everyWeeks: number
  /** A day of one of these weeks; null: they are counted from the week of `validFrom`. */
  inWeekOf: string | null
  /** It is an open session with this grid; null: it has fixed slots. */
  gridMinutes: number | null
  /** How long its slots are, one after the other in real time; null: it is a session. */
  slotMinutes: number | null
  /** Of a slot; null: it is a session. */
  capacity: number | null
  /** Of a session: the visit types that are booked in it; null: all. */
  visitTypeIds: string[] | null
}

/** Days `YYYY-MM-DD`, both included; `validUntil` null: without an end. No bands: the doctor does not work then. */
export type WorkingHoursVersion = { validFrom: string; validUntil: string | null; bands: WorkingBand[] }

/**
 * The working hours of a doctor from a day on. The edge has checked them; the doctor exists.
 * `version`: of the hours that were read; null: whatever there is, is replaced.
 */
export type NewWorkingHours = WorkingHoursVersion & { doctorId: string; version: number | null }

export type WorkingHours = {
  /** Those of today and later, by `validFrom`. */
  versions: WorkingHoursVersion[]
  /** How often they were changed. */
  version: number
  /** The last day whose sessions and slots are as the hours say; null: none is yet. */
  filledUntil: string | null
  /** The last working day if the hours end within 28 days, or are over; null: they do not, or there are none. */
  runsOutOn: string | null
}

export type WorkingCounts = { sessions: number; slots: number }

/** What new working hours change, up to the clinic's booking horizon. */
export type WorkingHoursPreview = {
  creates: WorkingCounts
  withdraws: WorkingCounts
  /** What former hours created and the new ones have, too, and slots with bookings that are within the new hours. */
  keeps: WorkingCounts
  /** What is not created, because a session, a slot or a case is in the way. */
  conflicts: WorkingCounts
  /** The first bookings that are not within the new hours, by start. They stay until somebody moves or cancels them. */
  affected: Booking[]
  /** How many slots such bookings are in. */
  affectedSlots: number
}

/** Somebody has changed the working hours since the version that was read: said by `set` alone. */
export type WorkingHoursChanged = { kind: 'working_hours_changed'; version: number }

/**
 * The doctor would have more of them, with the hours that stay before these, than a calendar can be filled with:
 * `sessions` and `slots` up to `horizon`, the last day of the clinic's booking horizon. `found`: about so many.
 */
export type TooManyHours = {
  kind: 'too_many_hours'
  of: 'versions' | 'sessions' | 'slots'
  max: number
  found: number
  horizon: string
}

/** Why working hours are not previewed, and not set. Nothing was written. */
export type WorkingHoursRefusal =
  /** One of the visit types does not exist. */
  | { kind: 'visit_type_missing' }
  /** The database would have been busy with it for longer than `previewMsMax`. */
  | { kind: 'preview_too_long' }
  | TooManyHours
  | WorkingHoursChanged

export type SetWorkingHoursOutcome =
  | { kind: 'done'; hours: WorkingHours; preview: WorkingHoursPreview; position: string }
  | WorkingHoursRefusal

export type DoctorWorkingHours = {
  read(doctorId: string): Promise<WorkingHours>
  /** What {@link DoctorWorkingHours.set} would change. Nothing is written. */
  preview(hours: NewWorkingHours): Promise<{ kind: 'preview'; preview: WorkingHoursPreview } | WorkingHoursRefusal>
  /**
   * From `validFrom` on, replaces all working hours of the doctor, also later ones, and works for 5 seconds on what
   * that changes; the jobs do the rest. Idempotent: hours that are there already are no change by somebody else.
   */
  set(hours: NewWorkingHours): Promise<SetWorkingHoursOutcome>
}
