import type { Position } from '@holdfast/contract/position'
import { clinicNoIn } from '@holdfast/engine'
import { type LiveFigures, noFigures } from '../observe/live-figures.ts'
import type { LiveHub } from './live-hub.ts'
import type { LivePlaces, SubscribeOutcome } from './live-places.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveTransport } from './live-subscriber.ts'
import { OpenConnections } from './open-connections.ts'
import { ShardedConnection } from './sharded-connection.ts'

const movedReason = 'The clinic has moved: connect again.'

export type ShardedHubDeps = {
  /** The hubs of all shards, at the time of the call. */
  hubs(): Iterable<LiveHub>
  /** The hub of the shard of a clinic. Every clinic number has one, also those of clinics that do not exist. */
  hubOf(clinicNo: number): Promise<LiveHub>
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
  readonly #open: OpenConnections<ShardedConnection>
  /** How many clinics have moved since the start. */
  #moves = 0

  constructor(deps: ShardedHubDeps) {
    this.#deps = deps
    this.settings = deps.settings
    this.#open = new OpenConnections(deps.settings.heartbeatMs)
  }

  get isStopping(): boolean {
    return this.#open.isEnding
  }

  get figures(): Readonly<LiveFigures> {
    const sum = { ...noFigures(), connections: { ...this.#open.counts } }
    for (const { figures } of this.#deps.hubs()) {
      sum.subscriptions += figures.subscriptions
      sum.messages += figures.messages
      sum.dropped += figures.dropped
      sum.resyncs += figures.resyncs
    }
    return sum
  }

  get bufferedBytes(): number {
    return this.#open.bufferedBytes
  }

  connect(transport: LiveTransport): ShardedConnection {
    const connection = new ShardedConnection(transport, this.settings.bufferedBytesMax)
    this.#open.add(connection, () => connection.beat())
    return connection
  }

  disconnect(connection: ShardedConnection): void {
    if (this.#open.delete(connection)) connection.close()
  }

  /**
   * All shards are read before anything is sent: when one of them cannot be read, or a clinic moves meanwhile, the
   * outcome is `unavailable`, and nothing has changed in the others.
   */
  async subscribe(
    connection: ShardedConnection,
    doctorIds: readonly string[],
    after: readonly Position[] | null,
  ): Promise<SubscribeOutcome> {
    const wanted = [...new Set(doctorIds)]
    if (connection.doctorsWith(wanted) > this.settings.doctorsPerConnectionMax) return { kind: 'too_many' }
    const moves = this.#moves
    const read = await Promise.all(
      Array.from(await this.#byHub(wanted), async ([hub, ids]) => ({ hub, watched: await hub.watch(ids, after) })),
    )
    const found = read.flatMap(({ hub, watched }) => (watched === null ? [] : [{ hub, watched }]))
    const isUnavailable = found.length < read.length || this.#moves > moves
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

  /** A clinic is in another shard now: who follows its doctors has to connect again. */
  moved(clinicNo: number): void {
    this.#moves += 1
    for (const connection of this.#open) {
      if (connection.follows(clinicNo)) connection.transport.end(1001, movedReason)
    }
  }

  async stop(): Promise<void> {
    if (this.isStopping) return
    // Some follow no doctors, so that no shard knows them.
    this.#open.end()
    await this.#open.ended(Array.from(this.#deps.hubs(), (hub) => hub.stop()))
  }

  /** The ids by hub. What is no id of Holdfast is left out: it is in no shard. */
  async #byHub(doctorIds: readonly string[]): Promise<Map<LiveHub, string[]>> {
    const byHub = new Map<LiveHub, string[]>()
    for (const doctorId of doctorIds) {
      const clinicNo = clinicNoIn(doctorId)
      if (clinicNo !== null) byHub.getOrInsertComputed(await this.#deps.hubOf(clinicNo), () => []).push(doctorId)
    }
    return byHub
  }
}
