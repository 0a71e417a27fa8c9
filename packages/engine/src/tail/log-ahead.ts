/**
 * The log has entries with transaction numbers that the database server has not assigned yet, so it was restored from a
 * dump. A command renumbers it.
 */
export class LogAhead extends Error {
  override name = 'LogAhead'

  constructor() {
    super(
      'The event log was written by another database server, whose transaction numbers this one has not reached: it ' +
        'was restored from a dump. Stop every Holdfast on this database, run `holdfast renumber-log`, then start ' +
        'again.',
    )
  }
}
