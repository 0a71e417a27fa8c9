import pg from 'pg'
import type { RequestTimes, Span } from '../model/request-times.ts'
import { isLockTimeout, isNoResponse, isNotWritable } from './database-unavailable.ts'
import { queryWithSettings, type SessionSettings, settingsStatement } from './transaction-settings.ts'

type AnyQuery = (...args: readonly unknown[]) => unknown

export type PooledClientConfig = pg.ClientConfig & {
  /** The pool's URL, when the client was created. */
  url?: string
  /** Behind a pooler, what each transaction is to have. */
  transactionSettings?: SessionSettings
}

/**
 * The client of `DatabasePool`. A query without a response within its `query_timeout` fails, and closes the connection:
 * pg only gives up the query, and the next user of the connection waits behind it. An error after which a new
 * connection is needed closes it too, such as that of a server that may no longer write.
 *
 * Libraries release a client without its error, so the client closes itself. pg's pool removes a closing client.
 */
export class PooledClient extends pg.Client {
  /** Why it closed itself; null: it did not. */
  unusable: Error | null = null
  /** Of the request that uses it, if its times are measured. */
  times: RequestTimes | undefined
  #hasLockTimeout = false
  /** Private: it has the password, and errors of the driver carry their client. */
  readonly #url: string | undefined
  readonly #settingsText: string | null

  constructor(config: PooledClientConfig = {}) {
    super(config)
    const { transactionSettings } = config
    this.#url = config.url
    this.#settingsText = transactionSettings === undefined ? null : settingsStatement(transactionSettings)
  }

  /** Whether it was created for this URL. */
  isOf(url: string): boolean {
    return this.#url === url
  }

  /** Whether one of its statements has waited too long for a lock since the last call. */
  takeLockTimeout(): boolean {
    const found = this.#hasLockTimeout
    this.#hasLockTimeout = false
    return found
  }

  /** @returns pg's promise; nothing if there is a callback, as `pool.query` passes: the pool then closes the client */
  override query(...args: never[]): never {
    if (this.times !== undefined) this.times.statements += 1
    const span = this.times?.span?.part('postgresql', { 'db.query.text': statementOf(args) })
    const sent = span === undefined ? args : endingWith(span, args)
    const send: AnyQuery = (...all) => (super.query as AnyQuery).apply(this, [...all])
    const result = this.#settingsText === null ? send(...sent) : queryWithSettings(this, sent, this.#settingsText, send)
    if (!(result instanceof Promise)) return result as never
    if (span !== undefined) {
      result.then(
        () => span.end(),
        (error: unknown) => span.end(error),
      )
    }
    return result.catch((error: unknown) => {
      if (isLockTimeout(error)) this.#hasLockTimeout = true
      if (error instanceof Error && (isNoResponse(error) || isNotWritable(error))) {
        this.unusable ??= error
        // While a query hangs, this destroys the socket.
        void this.end()
      }
      throw error
    }) as never
  }
}

const statementLengthMax = 1_000

/** The text of a statement, with its parameters as $1, $2, …: never their values. */
function statementOf([statement]: readonly unknown[]): string {
  const text = typeof statement === 'string' ? statement : (Object(statement) as { text?: unknown }).text
  return String(text).trim().slice(0, statementLengthMax)
}

/** The arguments of a query, whose callback, if there is one, ends the span. */
function endingWith(span: Span, args: readonly never[]): never[] {
  const callback = args.at(-1) as unknown
  if (typeof callback !== 'function') return [...args]
  const ending = (error: unknown, ...rest: unknown[]) => {
    span.end(error ?? undefined)
    callback(error, ...rest)
  }
  return [...args.slice(0, -1), ending as never]
}
