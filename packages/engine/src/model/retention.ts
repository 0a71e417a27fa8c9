/** After how many months a clinic's patients are erased. */
export type Retention = {
  /** 0: never */
  months: number
  /** Until then nobody is erased; null: it has begun, or is off. */
  startsAt: Date | null
  /** How many bookings are older than that and not erased yet; at most 10,000. */
  due: number
}
