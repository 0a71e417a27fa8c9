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
  /** Its span, if the request is traced: pools and queues add theirs to it. */
  span?: Span
}

/** A part of a trace that has begun. */
export type Span = {
  /**
   * Begins a part of it.
   *
   * @param attributes never what a user entered
   * @param links spans of other requests that it works for too
   */
  part(name: string, attributes?: Readonly<Record<string, string | number>>, links?: readonly Span[]): Span
  /** @param error why it failed */
  end(error?: unknown): void
}

export function noTimes(): RequestTimes {
  return { queueMs: 0, connectionMs: 0, databaseMs: 0, statements: 0 }
}
