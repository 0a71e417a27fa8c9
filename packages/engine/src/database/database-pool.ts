import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { RequestTimes } from '../model/request-times.ts'
import {
  isLockTimeout,
  isNoneFree,
  isNoResponse,
  isNotWritable,
  isPlanOutdated,
  PoolExhausted,
} from './database-unavailable.ts'
import { isPooled, takeOptions } from './database-url.ts'
import { PooledClient, type PooledClientConfig } from './pooled-client.ts'
import { requestTimes } from './request-times.ts'
import { type SessionSettings, startupOptions } from './transaction-settings.ts'

type AnyQuery = (...args: readonly unknown[]) => unknown

/** Node's timers count whole milliseconds, and may fire up to one earlier than `performance.now()` says. */
const timerEarlyMsMax = 1

export type DatabasePoolConfig = Omit<pg.PoolConfig, 'options'> & {
  connectionString: string
  /** How long to wait for the response to a query, milliseconds. A query may set another `query_timeout`. */
  query_timeout: number
  /** What every transaction has: set once in each session, or behind a pooler, in each transaction. */
  settings: SessionSettings
}

export type DatabasePool = pg.Pool &
  Pick<BoundedPool, 'onNoResponse' | 'onLockTimeout' | 'closeIdle' | 'relocate' | 'close' | 'isExhausted' | 'slowUses'>

/** A statement or a transaction is slow that uses a connection for longer. */
const slowUseMs = 500

/** See {@link BoundedPool}. `createPool` has the engine's settings. */
export function openDatabasePool(config: DatabasePoolConfig): DatabasePool {
  return new BoundedPool(config)
}

/**
 * pg's pool, for a database that may hang or fail over:
 *
 * - When a query times out, its connection is closed, and so are those that have been idle since it began: each of them
 *   would have to time out as well.
 * - When a query finds a server that may no longer write, all connections are closed: the idle ones at once, the others
 *   when they are released.
 * - A query that gets no connection in time because all are in use fails with `PoolExhausted`, not as if there were no
 *   server.
 * - A query that a connection prepared before a migration is run again, on a new connection.
 * - `relocate` leads it to another server.
 * - `close` ends in bounded time.
 */
class BoundedPool extends pg.Pool {
  /** Since when each connection has been idle, by `performance.now()`; null: it is in use. */
  readonly #idleSinceMs = new Map<pg.PoolClient, number | null>()
  readonly #acquiredAtMs = new WeakMap<pg.PoolClient, number>()
  readonly #retired = new WeakSet<pg.PoolClient>()
  readonly #settings: SessionSettings
  #url: string
  readonly #queryTimeoutMs: number
  readonly #max: number
  /** Called after a query timed out that began then, by `performance.now()`, so that other pools can close theirs. */
  onNoResponse: (reason: Error, beganAtMs: number) => void = () => undefined
  /** Called after a statement has waited too long for a lock. */
  onLockTimeout: () => void = () => undefined
  /** How many statements and transactions used a connection for longer than 500 ms. */
  slowUses = 0

  constructor({ settings, ...config }: DatabasePoolConfig) {
    const client: PooledClientConfig = { ...config, ...clientOf(config.connectionString, settings) }
    super({ ...client, Client: PooledClient })
    this.#settings = settings
    this.#url = config.connectionString
    this.#queryTimeoutMs = config.query_timeout
    this.#max = this.options.max
    // pg's pool does not listen to the errors of a connection in use, and an error event without a listener would end
    // the process. The caller notices the loss by the query that fails.
    this.on('connect', (client) => {
      client.on('error', () => {})
      // Its connection was being opened when the pool was led to another server.
      if (this.#isElsewhere(client)) this.#retired.add(client)
    })
    this.on('acquire', (client) => {
      this.#idleSinceMs.set(client, null)
      this.#acquiredAtMs.set(client, performance.now())
    })
    // Emitted before pg's pool decides whether it keeps the client: it removes one that is closing.
    this.on('release', (error: Error | undefined, client) => this.#released(client, error))
    this.on('remove', (client) => void this.#idleSinceMs.delete(client))
  }

  /** Whether all connections are in use. Connections that are being opened are not. */
  get isExhausted(): boolean {
    let inUse = 0
    for (const idleSinceMs of this.#idleSinceMs.values()) if (idleSinceMs === null) inUse += 1
    return inUse >= this.#max
  }

  /** The same as pg's, with a callback or a promise. pg's pool calls it for each query. */
  override connect(...args: never[]): never {
    const failure = (error: unknown) => (isNoneFree(error) && this.isExhausted ? new PoolExhausted(error) : error)
    const [callback] = args as (AnyQuery | undefined)[]
    const connect = super.connect as AnyQuery
    const times = requestTimes.getStore()
    const sinceMs = times === undefined ? 0 : performance.now()
    if (callback !== undefined) {
      return connect.call(this, (error: unknown, client: unknown, ...rest: unknown[]) => {
        if (times !== undefined) endWait(times, sinceMs, client)
        callback(failure(error), client, ...rest)
      }) as never
    }
    const acquired = (client: unknown) => {
      if (times !== undefined) endWait(times, sinceMs, client)
      return client
    }
    return (connect.call(this) as Promise<unknown>).then(acquired, (error: unknown) => {
      if (times !== undefined) endWait(times, sinceMs, undefined)
      throw failure(error)
    }) as never
  }

  /** The same as pg's, but if it returns a promise, a query whose plan is outdated is run again. */
  override query(...args: never[]): never {
    const run = () => (super.query as AnyQuery).apply(this, args)
    const result = run()
    if (!(result instanceof Promise)) return result as never
    return result.catch((error: unknown) => {
      // Nothing was written: the plan is checked before the statement runs, or its transaction was rolled back.
      if (isPlanOutdated(error)) return run()
      throw error
    }) as never
  }

  /** Closes the connections that have been idle since `sinceMs`, by `performance.now()`. */
  closeIdle(reason: Error, sinceMs: number): void {
    for (const [client, idleSinceMs] of this.#idleSinceMs) {
      if (idleSinceMs !== null && idleSinceMs <= sinceMs) destroy(client, reason)
    }
  }

  /** Leads new connections to another URL. All others are closed: the idle ones at once, those in use when released. */
  relocate(connectionString: string): void {
    this.#url = connectionString
    const former = { options: undefined, transactionSettings: undefined }
    Object.assign(this.options, former, clientOf(connectionString, this.#settings))
    this.#closeAll(new Error('Connection terminated: the pool is led to another server.'))
  }

  /**
   * Takes no more queries and waits for those in progress; after `graceMs` it closes what is left. Resolves when all
   * sockets are closed, so that none keeps the process alive.
   */
  async close(graceMs: number): Promise<void> {
    const grace = new AbortController()
    const ended = this.end().then(() => this.#untilEmpty(grace.signal))
    await Promise.race([ended, delay(graceMs, undefined, { signal: grace.signal }).catch(() => undefined)])
    grace.abort()
    const closed = new Error('Connection terminated: the pool is closed.')
    for (const client of this.#idleSinceMs.keys()) destroy(client, closed)
  }

  #released(client: pg.PoolClient, error: Error | undefined): void {
    // First: after it, the error may only say that the client has closed itself.
    const reason = (client instanceof PooledClient ? client.unusable : null) ?? error
    if (reason instanceof Error && !this.#isElsewhere(client)) this.#closeOthersLike(reason)
    if (isLockTimeout(error) || (client instanceof PooledClient && client.takeLockTimeout())) this.onLockTimeout()
    const nowMs = performance.now()
    const usedMs = nowMs - (this.#acquiredAtMs.get(client) ?? nowMs)
    if (usedMs > slowUseMs) this.slowUses += 1
    if (client instanceof PooledClient && client.times !== undefined) {
      client.times.databaseMs += usedMs
      client.times = undefined
    }
    this.#idleSinceMs.set(client, nowMs)
    if (this.#retired.delete(client)) void client.end()
  }

  /** Whether it is connected to where the pool led before. */
  #isElsewhere(client: pg.PoolClient): boolean {
    return client instanceof PooledClient && !client.isOf(this.#url)
  }

  /** Closes the connections that would fail for the same reason. */
  #closeOthersLike(reason: Error): void {
    if (isNoResponse(reason)) {
      const beganAtMs = performance.now() - this.#queryTimeoutMs + timerEarlyMsMax
      this.closeIdle(closedAfter(reason), beganAtMs)
      this.onNoResponse(closedAfter(reason), beganAtMs)
    } else if (isNotWritable(reason) || isPlanOutdated(reason)) this.#closeAll(closedAfter(reason))
  }

  #closeAll(reason: Error): void {
    for (const [client, idleSinceMs] of this.#idleSinceMs) if (idleSinceMs === null) this.#retired.add(client)
    this.closeIdle(reason, Number.POSITIVE_INFINITY)
  }

  async #untilEmpty(signal: AbortSignal): Promise<void> {
    while (this.#idleSinceMs.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.once('remove', () => resolve())
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
}

/** A request has waited for a connection, and got it, or none. */
function endWait(times: RequestTimes, sinceMs: number, client: unknown): void {
  times.connectionMs += performance.now() - sinceMs
  if (client instanceof PooledClient) client.times = times
}

/** How clients connect to a URL. */
function clientOf(url: string, settings: SessionSettings): PooledClientConfig {
  const applied = isPooled(url) ? { connectionString: url, transactionSettings: settings } : optionsOf(url, settings)
  return { ...applied, url }
}

/** The options of the URL come first: the pool's settings win. */
function optionsOf(url: string, settings: SessionSettings): { connectionString: string; options: string } {
  const { options, rest } = takeOptions(url)
  const own = startupOptions(settings)
  return { connectionString: rest, options: options === null ? own : `${options} ${own}` }
}

function closedAfter(cause: Error): Error {
  return new Error(`Connection terminated after another one failed: ${cause.message}`, { cause })
}

/** Closes a connection, but not by `end()`, which sends the server a message and waits for it. */
function destroy(client: pg.PoolClient, reason: Error): void {
  client.connection.stream.destroy(reason)
}
