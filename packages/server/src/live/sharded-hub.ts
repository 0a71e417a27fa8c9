import type { Position } from '@holdfast/contract/position'
import { clinicNoIn } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import { type LiveFigures, noFigures } from '../observe/live-figures.ts'
import { endMsMax, type LiveHub, stopReason } from './live-hub.ts'
import type { LivePlaces, SubscribeOutcome } from './live-places.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveTransport } from './live-subscriber.ts'
import { ShardedConnection } from './sharded-connection.ts'

export type ShardedHubDeps = {
  /** Those of all shards, at the time of the call. */
  hubs(): Iterable<LiveHub>
  /** That of the shard of a clinic. Every clinic number has one, also those of clinics that do not exist. */
  hubOf(clinicNo: number): LiveHub
  settings: LiveSettings
}

/**
 * Serves live updates from several shards. One connection can follow doctors in any of them: the clinic's number in a
 * doctor's id names the shard. Limits and the heartbeat apply to the connection as a whole. With one shard, use its
 * {@link LiveHub}: this class copies each message of a connection that follows several shards.
 */
export class ShardedHub implements LivePlaces {
  readonly settings: LiveSettings
  readonly #deps: ShardedHubDeps
  /** Each with the timer of its heartbeat. */
  readonly #connections = new Map<ShardedConnection, NodeJS.Timeout>()
  readonly #open: LiveFigures['connections'] = noFigures().connections
  readonly #emptied = Promise.withResolvers<void>()
  #isStopping = false

  constructor(deps: ShardedHubDeps) {
    this.#deps = deps
    this.settings = deps.settings
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  get figures(): Readonly<LiveFigures> {
    const sum = { ...noFigures(), connections: { ...this.#open } }
    for (const { figures } of this.#deps.hubs()) {
      sum.subscriptions += figures.subscriptions
      sum.messages += figures.messages
      sum.dropped += figures.dropped
      sum.resyncs += figures.resyncs
    }
    return sum
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const { transport } of this.#connections.keys()) bytes += transport.bufferedBytes()
    return bytes
  }

  connect(transport: LiveTransport): ShardedConnection {
    const connection = new ShardedConnection(transport, this.settings.bufferedBytesMax)
    const heartbeatMs = this.settings.heartbeatMs * (0.8 + 0.2 * Math.random())
    this.#connections.set(connection, setInterval(() => connection.beat(), heartbeatMs).unref())
    this.#open[transport.kind] += 1
    return connection
  }

  disconnect(connection: ShardedConnection): void {
    clearInterval(this.#connections.get(connection))
    if (!this.#connections.delete(connection)) return
    connection.close()
    this.#open[connection.transport.kind] -= 1
    if (this.#isStopping && this.#connections.size === 0) this.#emptied.resolve()
  }

  /**
   * All shards are read before anything is sent: when one of them cannot be read, the outcome is `unavailable`, and
   * nothing has changed in the others.
   */
  async subscribe(
    connection: ShardedConnection,
    doctorIds: readonly string[],
    after: readonly Position[] | null,
  ): Promise<SubscribeOutcome> {
    const wanted = [...new Set(doctorIds)]
    if (connection.doctorsWith(wanted) > this.settings.doctorsPerConnectionMax) return { kind: 'too_many' }
    const read = await Promise.all(
      Array.from(this.#byHub(wanted), async ([hub, ids]) => ({ hub, watched: await hub.watch(ids, after) })),
    )
    const found = read.flatMap(({ hub, watched }) => (watched === null ? [] : [{ hub, watched }]))
    const isUnavailable = found.length < read.length
    if (isUnavailable || connection.isClosed) for (const { hub, watched } of found) hub.unwatch(watched)
    if (isUnavailable) return { kind: 'unavailable' }
    const known = found.filter(({ watched }) => watched.size > 0)
    if (known.length === 0) return { kind: 'none_known' }
    if (!connection.isClosed) for (const { hub, watched } of known) hub.attach(connection.in(hub), watched, after)
    return { kind: 'subscribed', unknown: wanted.filter((id) => !known.some(({ watched }) => watched.has(id))) }
  }

  unsubscribe(connection: ShardedConnection, doctorIds: readonly string[]): void {
    for (const hub of connection.hubs) hub.unsubscribe(connection.in(hub), doctorIds)
  }

  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    // Some follow no doctors, so that no shard knows them.
    for (const { transport } of this.#connections.keys()) transport.end(1001, stopReason)
    if (this.#connections.size === 0) this.#emptied.resolve()
    const stopped = Array.from(this.#deps.hubs(), (hub) => hub.stop())
    await pTimeout(Promise.all([this.#emptied.promise, ...stopped]), { milliseconds: endMsMax, message: false })
    for (const { transport } of [...this.#connections.keys()]) transport.destroy()
  }

  /** Without what is no id of Holdfast: it is in no shard. */
  #byHub(doctorIds: readonly string[]): Map<LiveHub, string[]> {
    const byHub = new Map<LiveHub, string[]>()
    for (const doctorId of doctorIds) {
      const clinicNo = clinicNoIn(doctorId)
      if (clinicNo !== null) byHub.getOrInsertComputed(this.#deps.hubOf(clinicNo), () => []).push(doctorId)
    }
    return byHub
  }
}
