/**
 * Some of the patient's bookings may be on their way into the archive, or back: they cannot be found. Everything else
 * was erased; the request can be repeated when `holdfast archive`, or `archive restore`, has finished.
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
