import pg from 'pg'

/**
 * The database could not be reached, or the connection was lost during the work.
 *
 * `outcomeUnknown`: the work may have committed. A retry with the same idempotency key returns its outcome.
 */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable'
  readonly outcomeUnknown: boolean

  constructor(message: string, options: { outcomeUnknown: boolean; cause: unknown }) {
    super(message, { cause: options.cause })
    this.outcomeUnknown = options.outcomeUnknown
  }
}

/** All connections of a pool were in use for as long as a query waits for one. The query was not sent. */
export class PoolExhausted extends DatabaseUnavailable {
  override name = 'PoolExhausted'

  constructor(cause: unknown) {
    super('All connections to the database are in use.', { outcomeUnknown: false, cause })
  }
}

export function unreached(cause: unknown): DatabaseUnavailable {
  if (cause instanceof PoolExhausted) return cause
  return new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause })
}

export function unknownOutcome(cause: unknown): DatabaseUnavailable {
  const message = 'The connection to the database was lost; the outcome is not known.'
  return new DatabaseUnavailable(message, { outcomeUnknown: true, cause })
}

/**
 * Does what follows the commit of a write, such as reading what it has left. A server that is lost or stops meanwhile
 * must not look like one that has written nothing.
 *
 * @throws DatabaseUnavailable with `outcomeUnknown`
 */
export async function completeWrite<Result>(complete: () => Promise<Result>): Promise<Result> {
  try {
    return await complete()
  } catch (cause) {
    return rethrowAfterCommit(cause)
  }
}

/**
 * Throws what failed after the first commit of a write of several steps: see {@link completeWrite}. Errors that by
 * themselves would mean that nothing was written, such as one of connecting, are wrapped, too.
 */
export function rethrowAfterCommit(cause: unknown): never {
  if (!(cause instanceof pg.DatabaseError) && !isConnectionLost(cause) && mayHaveRun(cause)) throw cause
  throw new DatabaseUnavailable('A write was committed, but not completed.', { outcomeUnknown: true, cause })
}

// Class 08: connection exceptions; 57P0x: the server ends the session or does not accept it yet; 53300: too many
// connections.
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
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
])
// The driver throws plain errors with these texts and no code: pg/lib/client.js, pg-pool/index.js.
const noneFreeMessage = 'timeout exceeded when trying to connect'
const connectMessages = new RegExp(
  `^(${noneFreeMessage}|Connection terminated due to connection timeout|timeout expired)`,
)
const driverMessages = new RegExp(
  `^(Connection terminated|${noneFreeMessage}|Client has encountered a connection error|` +
    'Client was closed|Query read timeout|timeout expired)',
)

/** Whether an error of the driver means that the connection failed, not the statement. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost)
  if (!(error instanceof Error)) return false
  return lostStates.test(codeOf(error)) || systemErrors.has(codeOf(error)) || driverMessages.test(error.message)
}

/** Whether a pool had no connection in time: all are in use, or are being opened. */
export function isNoneFree(error: unknown): boolean {
  return error instanceof Error && error.message === noneFreeMessage
}

/** Whether there was no response to a query in time. It may have run, and its connection is of no more use. */
export function isNoResponse(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}

// read_only_sql_transaction; cannot_connect_now (starting, stopping, or a standby that takes no connections).
const notWritableStates = new Set(['25006', '57P03'])

/**
 * Whether the server may not write: a standby, or a primary that was demoted or is starting. Nothing was written. A new
 * connection may lead to the new primary.
 */
export function isNotWritable(error: unknown): boolean {
  return error instanceof Error && notWritableStates.has(codeOf(error))
}

const clinicMovingState = 'HF003'

/** The clinic has moved to another database: what is read here may lack rows. */
export class ClinicMoving extends Error {
  override name = 'ClinicMoving'
  readonly code = clinicMovingState
}

/** Whether the clinic is being moved to another database (refuse_moving_clinic.sql). Nothing was written. */
export function isClinicMoving(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === clinicMovingState
}

/** Whether a connection prepared the statement before a migration changed what it returns. Nothing has run. */
export function isPlanOutdated(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === '0A000' && error.message.includes('cached plan')
}

/** Whether a statement has waited too long for a lock. Nothing was written. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === '55P03'
}

/** Whether the server has cancelled a statement to end a deadlock. Nothing was written. */
function isDeadlock(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === '40P01'
}

/** Whether a statement has not got a lock, because of a timeout or a deadlock. Nothing was written. */
export function isLockLost(error: unknown): boolean {
  return isLockTimeout(error) || isDeadlock(error)
}

/** Whether the server refused the login: an unknown role, a wrong password, or not allowed by pg_hba.conf. */
export function isLoginRefused(error: unknown): boolean {
  return error instanceof Error && codeOf(error).startsWith('28')
}

/**
 * Whether an error means that the database of a URL cannot be used: it is not reachable, refuses the login, does not
 * exist (3D000) or does not give the login a privilege (42501). The URL, or what it points to, has to be changed.
 */
export function isDatabaseUnusable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnusable)
  if (isConnectionLost(error) || isLoginRefused(error)) return true
  return error instanceof Error && (codeOf(error) === '3D000' || codeOf(error) === '42501')
}

/** The SQLSTATE with which the server refused a statement; null if it was not reached, or a lock not free in time. */
export function refusedWith(error: unknown): string | null {
  if (!(error instanceof pg.DatabaseError) || isConnectionLost(error)) return null
  return isNotWritable(error) || isLockTimeout(error) ? null : codeOf(error)
}

// Lock or statement timeout, deadlock, serialization failure, insufficient resources.
const transientStates = /^(55P03|57014|40P01|40001|53...)$/

/** Whether the server was too busy for a statement, and has rolled its transaction back. A repetition may succeed. */
export function isTransient(error: unknown): boolean {
  return error instanceof Error && transientStates.test(codeOf(error))
}

// The server reports these after it has rolled the statement back: wrong values, broken constraints, conflicts between
// transactions (but 40003, completion unknown), missing resources, waits that ended. 28 and 53300 refuse the
// connection.
const undoneStates = /^(22...|23...|25006|28...|40(?!003)...|53...|55P03|57014|57P03|08001|08004)$/
const connectCalls = new Set<unknown>(['connect', 'getaddrinfo'])

/**
 * Whether a write that failed with this error may be committed. false: the connection failed before the statement was
 * sent, or the server has rolled it back. Only of the statement that failed: for one that follows the commit of
 * another, see {@link completeWrite}.
 */
export function mayHaveRun(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return error.outcomeUnknown
  if (error instanceof AggregateError) return error.errors.some(mayHaveRun)
  if (!(error instanceof Error)) return true
  if (undoneStates.test(codeOf(error))) return false
  if ('syscall' in error && connectCalls.has(error.syscall)) return false
  return !connectMessages.test(error.message)
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
