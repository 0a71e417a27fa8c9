import pg from 'pg'
import type { RequestTimes } from '../model/request-times.ts'
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
    const send: AnyQuery = (...sent) => (super.query as AnyQuery).apply(this, [...sent])
    const result = this.#settingsText === null ? send(...args) : queryWithSettings(this, args, this.#settingsText, send)
    if (!(result instanceof Promise)) return result as never
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
