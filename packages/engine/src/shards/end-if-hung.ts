import pg from 'pg'

export type HungLimits = {
  /** The time between two checks, and how long each waits for a response. Milliseconds. */
  checkMs: number
  /** How many checks without a response, one after another, end the connection. */
  checks: number
}

/** One check may time out on a busy server, because connecting is its slowest operation; four in turn do not. */
const limitsDefault: HungLimits = { checkMs: 10_000, checks: 4 }

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
  const wait = () => {
    timer = setTimeout(() => void check(), checkMs).unref()
  }
  const check = async () => {
    unanswered = (await responds(url, checkMs)) ? 0 : unanswered + 1
    if (unanswered >= checks) client.connection.stream.destroy()
    else if (!isEnded) wait()
  }
  let isEnded = false
  client.once('end', () => {
    isEnded = true
    clearTimeout(timer)
  })
  wait()
}

/** Also with a refusal: the server is busy, and not hung. */
async function responds(url: string, msMax: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'holdfast check',
    connectionTimeoutMillis: msMax,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    return error instanceof pg.DatabaseError
  } finally {
    client.connection.stream.destroy()
  }
}
