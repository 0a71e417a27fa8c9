import pg from 'pg'
import { isLockTimeout, isNoResponse, isNotWritable } from './database-unavailable.ts'
import { shardOfCitus } from './database-url.ts'
import { inSchema } from './statement-schema.ts'
import { queryWithSettings, type SessionSettings, settingsStatement } from './transaction-settings.ts'

type AnyQuery = (...args: readonly unknown[]) => unknown

export type PooledClientConfig = pg.ClientConfig & {
  /** The pool's URL, when the client was created. */
  url?: string
  /** Behind a pooler, what each transaction is to have. */
  transactionSettings?: SessionSettings
  /** Where statements find what they name as `holdfast.…`. */
  schema?: string
}

/**
 * The client of `DatabasePool`. A query without a response within its `query_timeout` fails, and closes the
 * connection: pg only gives up the query, and whoever takes the connection from the pool next waits behind it. So does
 * an error after which a new connection is needed, such as that of a server that may no longer write.
 *
 * Libraries release a client without its error, so the client closes itself. pg's pool removes a closing client.
 *
 * In a shard of Citus, an error of the server has the shard's schema as `shard`: see `isShardMoved`.
 */
export class PooledClient extends pg.Client {
  /** Why it closed itself; null: it did not. */
  unusable: Error | null = null
  #hasLockTimeout = false
  /** Private: it has the password, and errors of the driver carry their client. */
  readonly #url: string | undefined
  readonly #settingsText: string | null
  readonly #schema: string

  constructor(config: PooledClientConfig = {}) {
    super(config)
    const { transactionSettings, schema = 'holdfast' } = config
    this.#url = config.url
    this.#schema = schema
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
    const send: AnyQuery = (...sent) => (super.query as AnyQuery).apply(this, [...sent])
    const sent = this.#schema === 'holdfast' ? args : this.#inSchema(args)
    const result = this.#settingsText === null ? send(...sent) : queryWithSettings(this, sent, this.#settingsText, send)
    if (!(result instanceof Promise)) return result as never
    return result.catch((error: unknown) => {
      this.#noteShard(error)
      if (isLockTimeout(error)) this.#hasLockTimeout = true
      if (error instanceof Error && (isNoResponse(error) || isNotWritable(error))) {
        this.unusable ??= error
        // While a query hangs, this destroys the socket.
        void this.end()
      }
      throw error
    }) as never
  }

  #inSchema(args: readonly unknown[]): unknown[] {
    return inSchema(args, this.#schema).map((arg) => {
      if (typeof arg !== 'function') return arg
      return (error: unknown, ...rest: unknown[]) => {
        this.#noteShard(error)
        return arg(error, ...rest)
      }
    })
  }

  #noteShard(error: unknown): void {
    if (error instanceof pg.DatabaseError && shardOfCitus.test(this.#schema)) {
      Object.assign(error, { shard: this.#schema })
    }
  }
}
