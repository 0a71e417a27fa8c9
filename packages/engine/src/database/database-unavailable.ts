/**
 * The database could not be reached, or the connection was lost while it worked.
 *
 * `outcomeUnknown`: the work may have been committed. Asking again with the same idempotency key tells; that is not a
 * failure of the booking.
 */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable'
  readonly outcomeUnknown: boolean

  constructor(message: string, options: { outcomeUnknown: boolean; cause: unknown }) {
    super(message, { cause: options.cause })
    this.outcomeUnknown = options.outcomeUnknown
  }
}

// Class 08: connection exceptions; 57P0x: the server ends the session or won't take it yet; 53300: no room for it.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const lostStates = /^(08...|57P0[1-4]|53300)$/
const systemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
])
// The driver throws plain errors with these texts and no code: pg/lib/client.js, pg-pool/index.js.
const driverMessages = new RegExp(
  '^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|' +
    'Client was closed)',
)

/** Whether an error of the driver means that the connection, not the statement, failed. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost)
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return lostStates.test(code) || systemErrors.has(code) || driverMessages.test(error.message)
}
