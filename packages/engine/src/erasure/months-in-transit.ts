import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * Some of the patient's bookings may be on their way into the archive, or back: they cannot be found. By a contact,
 * everything else was erased; by a record, nothing. The request can be repeated when `holdfast archive`, or `archive
 * restore`, has finished.
 */
export class MonthsInTransit extends Error {
  override name = 'MonthsInTransit'

  /** @param months YYYY-MM */
  constructor(months: readonly string[]) {
    super(
      `Bookings of ${months.join(', ')} are being archived or restored and could not be searched for the patient. ` +
        'Finish it with `holdfast archive`, or `holdfast archive restore`, and erase the patient again.',
    )
  }
}

/** @throws MonthsInTransit if bookings of the clinic cannot be found now */
export async function requireNoneInTransit(connection: pg.Pool | pg.PoolClient, clinicNo: number): Promise<void> {
  const { rows } = await connection.query<{ months: string[] }>(sql`
    select holdfast.months_in_transit(${clinicNo}) as months`)
  const months = rows[0]?.months ?? []
  if (months.length > 0) throw new MonthsInTransit(months)
}
