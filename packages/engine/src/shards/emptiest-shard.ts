/** What a database has of late, for {@link emptiestShard}. */
export type ShardLoad = { no: number; bookings: number; clinics: number }

/**
 * The number of the database for a new clinic: with the fewest bookings of late, and with the fewest clinics among
 * equals. null: there is none
 */
export function emptiestShard(loads: readonly ShardLoad[]): number | null {
  const [first] = loads.toSorted((one, other) => one.bookings - other.bookings || one.clinics - other.clinics)
  return first?.no ?? null
}
