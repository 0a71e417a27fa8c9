/**
 * The limits of slots and slot rules. The schemas enforce them, so nothing behind the edge checks them again; the
 * site's forms and the import use the same numbers. A test of the server compares them with the engine and the
 * database.
 */
export const slotLimits = {
  slotMinutesMin: 5,
  slotMinutesMax: 1_440,
  /** Units of a slot, and so of a booking. */
  capacityMax: 1_000_000,
  breaksMax: 50,
  /** Slots that one call creates, by list or by rule. */
  slotsPerCallMax: 10_000,
} as const
