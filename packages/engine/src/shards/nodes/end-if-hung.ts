import pg from 'pg'

export type HungLimits = {
  /** The time between two checks, and how long each waits for a response. Milliseconds. */
  checkMs: number
  /** How many checks without a response, one after another, end the connection. */
  checks: number
}

/** One check may time out on a busy server, because connecting is its slowest operation; six in turn do not. */
const limitsDefault: HungLimits = { checkMs: 10_000, checks: 6 }

/**
 * Ends a connection when its server does not respond to new ones, such as a suspended machine: nothing closes the
 * connection there, and the operating system may go on acknowledging its packets. For statements that have no limit of
 * time. Their errors are then those of a lost connection.
 *
 * @param client connected. The checks end with it.
 * @param url what it is connected to
 */
export function endIfHung(client: pg.Client, url: string, { checkMs, checks }: HungLimits = limitsDefault): void {
  let unanswered = 0
  let timer: NodeJS.Timeout
  let checking: pg.Client | null = null
  const wait = () => {
    timer = setTimeout(() => void check(), checkMs).unref()
  }
  const check = async () => {
    let isUnanswered = false
    try {
      checking = newClient(url, checkMs)
      await checking.connect()
    } catch (error) {
      isUnanswered = hasNoAnswer(error)
    }
    checking?.connection.stream.destroy()
    checking = null
    unanswered = isUnanswered ? unanswered + 1 : 0
    if (unanswered >= checks) client.connection.stream.destroy()
    else if (!isEnded) wait()
  }
  let isEnded = false
  client.once('end', () => {
    isEnded = true
    clearTimeout(timer)
    checking?.connection.stream.destroy()
  })
  wait()
}

function newClient(url: string, connectionTimeoutMillis: number): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'holdfast check',
    connectionTimeoutMillis,
  })
  client.on('error', () => {})
  return client
}

/** Not ETIMEDOUT: Node waits a quarter of a second for each of several addresses. A busy machine may need longer. */
const unansweredCodes: readonly unknown[] = ['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH']

/** Nothing is there, or what is there hangs. A machine that refuses the connection responds to keepalives, too. */
export function hasNoAnswer(error: unknown): boolean {
  // Of a host name with several addresses. One that refuses the connection is an answer.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(hasNoAnswer)
  if (!(error instanceof Error)) return false
  return /timeout/.test(error.message) || ('code' in error && unansweredCodes.includes(error.code))
}
