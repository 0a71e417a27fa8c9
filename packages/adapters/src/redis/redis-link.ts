import { createHash } from 'node:crypto'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '@holdfast/vocabulary'
import type { Redis } from 'ioredis'
import { redisOptions } from './redis-address.ts'

/** A Lua script, which Redis runs atomically. */
export type RedisScript = { lua: string; sha: string }

/** Calls by result. `late` got no reply in time, `failed` an error; `skipped` were not sent. */
export type RedisFigures = { ok: number; late: number; failed: number; skipped: number }

/** A connection to Redis that never keeps a caller waiting for long. */
export type RedisLink = {
  /** false: calls are not sent until Redis replies in time again. */
  readonly isAvailable: boolean
  readonly figures: RedisFigures
  /** @returns the script's result; undefined if there is none in time, and then it may have run or not */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
  /** Sends a message to all subscribers of a channel; it is lost if Redis does not respond in time. */
  publish(channel: string, message: string): Promise<void>
  /** `onGap`: messages may have been missed before this moment. Called after each connection, too. */
  subscribe(channel: string, onMessage: (message: string) => void, onGap: () => void): void
  close(): void
}

export type RedisLinkSettings = {
  url: string
  /** How long a call may take before its caller goes on without Redis. */
  callMsMax: number
  /** Called at each change, with the reason why Redis is not available. */
  onChange: (isAvailable: boolean, reason: string) => void
}

/** Beyond this many calls in a row without a reply in time, none is sent. */
const failuresMax = 5
/** Replies in time, one after another, after which calls are sent again. */
const probesNeeded = 2
const probeMs = 500
const connectMsMax = 2_000
/** A connection without a reply for so long is replaced: its peer may be gone without a notice. */
const silentMsMax = 5_000
const retryMsMax = 1_000
/** How long {@link openRedis} waits for the first connection. */
const openMsMax = 2_000

const publishScript = redisScript("redis.call('PUBLISH', ARGV[1], ARGV[2])")

/** A write: a Redis whose memory is full, or a replica, replies to reads. */
const probeLua = "redis.call('SET', 'holdfast:probe', '1', 'PX', 1000)"

export function redisScript(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/**
 * Connects in the background, again and again, and waits a moment for the first connection. A call that gets no reply
 * in time counts as failed. After {@link failuresMax} such calls in a row, or when the connection is lost, no call is
 * sent, so that a slow Redis delays nobody; it is tried every {@link probeMs}.
 *
 * @throws Error when the URL is not one of Redis
 */
export async function openRedis(settings: RedisLinkSettings): Promise<RedisLink> {
  const options = redisOptions(settings.url)
  if (options === undefined) throw new Error('Not a URL of Redis.')
  // Not loaded by servers without Redis.
  const ioredis = await import('ioredis')
  const redis = new ioredis.Redis({
    ...options,
    lazyConnect: true,
    protocol: 2,
    connectionName: 'holdfast',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectMsMax,
    socketTimeout: silentMsMax,
    sentinelCommandTimeout: connectMsMax,
    retryStrategy: (times) => retryMs(times),
    sentinelRetryStrategy: (times) => retryMs(times),
    // The former primary of a failover: Sentinel names the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  const link = new Link(redis, settings)
  await link.open()
  return link
}

function retryMs(times: number): number {
  return Math.min(retryMsMax, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2)
}

class Link implements RedisLink {
  readonly figures: RedisFigures = { ok: 0, late: 0, failed: 0, skipped: 0 }
  readonly #redis: Redis
  readonly #settings: RedisLinkSettings
  readonly #subscribers: Redis[] = []
  readonly #closed = new AbortController()
  /** null: not known yet. */
  #isAvailable: boolean | null = null
  #failures = 0
  #lastError = 'no connection'

  constructor(redis: Redis, settings: RedisLinkSettings) {
    this.#redis = redis
    this.#settings = settings
    // Only the message: ioredis adds the command to an error, which may contain the password.
    redis.on('error', (error: Error) => {
      this.#lastError = messageOf(error)
    })
    redis.on('ready', () => this.#switch(true, ''))
    redis.on('close', () => this.#switch(false, this.#lastError))
  }

  get isAvailable(): boolean {
    return this.#isAvailable === true
  }

  async open(): Promise<void> {
    const first = this.#redis.connect().catch((error: Error) => {
      this.#lastError = messageOf(error)
    })
    await Promise.race([first, wait(openMsMax, undefined, { ref: false })])
    if (!this.isAvailable) this.#switch(false, this.#lastError)
    void this.#probe()
  }

  async run({ sha, lua }: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (!this.isAvailable) {
      this.figures.skipped += 1
      return undefined
    }
    const values = [...keys, ...args]
    const call = this.#redis.evalsha(sha, keys.length, ...values).catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error
      return this.#redis.eval(lua, keys.length, ...values)
    })
    const { result, value } = await this.#inTime(call)
    this.figures[result] += 1
    if (result === 'ok') {
      this.#failures = 0
      return value
    }
    this.#failures += 1
    if (this.#failures >= failuresMax) this.#switch(false, result === 'late' ? 'no reply in time' : this.#lastError)
    return undefined
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.run(publishScript, [], [channel, message])
  }

  subscribe(channel: string, onMessage: (message: string) => void, onGap: () => void): void {
    const subscriber = this.#redis.duplicate({ autoResubscribe: false })
    this.#subscribers.push(subscriber)
    // The connection for calls reports the same.
    subscriber.on('error', () => undefined)
    subscriber.on('message', (_channel: string, message: string) => onMessage(message))
    subscriber.on('ready', () => {
      // If it fails, the connection is lost, and made again.
      subscriber.subscribe(channel).then(onGap, () => subscriber.disconnect(true))
    })
    subscriber.connect().catch(() => undefined)
  }

  close(): void {
    this.#closed.abort()
    for (const redis of [this.#redis, ...this.#subscribers]) redis.disconnect()
  }

  async #inTime(call: Promise<unknown>): Promise<{ result: 'ok' | 'late' | 'failed'; value?: unknown }> {
    const replied = call.then(
      (value) => ({ result: 'ok' as const, value }),
      (error: Error) => {
        this.#lastError = messageOf(error)
        return { result: 'failed' as const }
      },
    )
    const timer = new AbortController()
    const late = wait(this.#settings.callMsMax, undefined, { ref: false, signal: timer.signal })
      // If this process was busy for so long, the reply has arrived and is read in this turn of the event loop.
      .then(() => nextTurn())
      .then(() => ({ result: 'late' as const }))
    late.catch(() => undefined)
    const first = await Promise.race([replied, late])
    timer.abort()
    return first
  }

  #switch(isAvailable: boolean, reason: string): void {
    if (this.#closed.signal.aborted || this.#isAvailable === isAvailable) return
    this.#isAvailable = isAvailable
    this.#failures = 0
    this.#settings.onChange(isAvailable, reason)
  }

  /** While Redis is not available although it is connected: tries whether it replies in time again. */
  async #probe(): Promise<void> {
    let replies = 0
    for (;;) {
      try {
        await wait(probeMs, undefined, { ref: false, signal: this.#closed.signal })
      } catch {
        return
      }
      if (this.isAvailable || this.#redis.status !== 'ready') {
        replies = 0
        continue
      }
      const { result } = await this.#inTime(this.#redis.eval(probeLua, 0))
      replies = result === 'ok' ? replies + 1 : 0
      if (replies >= probesNeeded) this.#switch(true, '')
    }
  }
}
