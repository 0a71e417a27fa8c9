/** After how long a clinic's data is erased or deleted, and how much of it is older. */
export type Retention = {
  /** After how many months patients are erased; 0: never. */
  months: number
  /** Until then nobody is erased; null: it has begun, or is off. */
  startsAt: Date | null
  /** How many bookings are older than that and not erased yet; at most 10,000. */
  due: number
  /** After how many days messages are deleted. */
  messageDays: number
  /** How many messages are older and not deleted yet; at most 10,000. */
  messagesDue: number
}

/** Counts for these times instead of the clinic's. null: for the clinic's. */
export type RetentionInstead = { months: number | null; messageDays: number | null }
