/** Where the time of a request goes, milliseconds. What it does at the same time is added up. */
export type RequestTimes = {
  /** Waiting in a queue of bookings for the batch that takes it. */
  queueMs: number
  /** Waiting for a connection of a pool. */
  connectionMs: number
  /** Using a connection, alone or in a batch with other requests. */
  databaseMs: number
  /**
   * The statements that ran on these connections, BEGIN and COMMIT too; those of a batch are its requests' together.
   */
  statements: number
}

export function noTimes(): RequestTimes {
  return { queueMs: 0, connectionMs: 0, databaseMs: 0, statements: 0 }
}
