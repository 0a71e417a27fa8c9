import { clinicNoOf, type EventTail, isId, type LiveDoctor, type LiveReads, type LogEntry } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import { DoctorReader } from '../calendar/doctor-reader.ts'
import { retryUntilStopped } from '../lifecycle/retry-until-stopped.ts'
import type { Logger } from '../observe/logger.ts'
import { ChangeHistory } from './change-history.ts'
import { DoctorFeed } from './doctor-feed.ts'
import { Heartbeats } from './heartbeats.ts'
import { type LiveFigures, noFigures } from './live-figures.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveSettings } from './live-settings.ts'
import { LiveSubscriber, type LiveTransport } from './live-subscriber.ts'
import { SlotPublisher } from './slot-publisher.ts'

export type LiveHubDeps = {
  /** The log tail of this process. */
  tail: Pick<EventTail, 'horizon' | 'subscribe'>
  reads: LiveReads
  settings: LiveSettings
  log: Logger
}

/**
 * `unknown`: these are not active doctors; the subscription has the others. `none_known`: none of them is an active
 * doctor. `unavailable`: the database could not be read. In all cases but the first nothing has changed.
 */
export type SubscribeOutcome =
  | { kind: 'subscribed'; unknown: string[] }
  | { kind: 'none_known' }
  | { kind: 'too_many' }
  | { kind: 'unavailable' }

// Confirmations and extensions are published, because a read just before may have seen the hold as lapsed.
const quietTypes = new Set<string>(['arrived', 'completed', 'no_show', 'linked', 'reopened'])
const endMsMax = 2_000
const retryMs = 1_000

/**
 * Notifies connections of changed slots. One listener on the log serves all of them. Independent of the transport; see
 * {@link SlotPublisher} for when messages are sent, and packages/contract/src/live.ts for the messages.
 */
export class LiveHub {
  readonly settings: LiveSettings
  readonly figures: LiveFigures = noFigures()
  readonly #log: Logger
  readonly #doctorReader: DoctorReader<LiveDoctor>
  readonly #publisher: SlotPublisher
  readonly #history: ChangeHistory
  readonly #heartbeats: Heartbeats<LiveSubscriber>
  readonly #unsubscribeFromTail: () => void
  readonly #feeds = new Map<string, DoctorFeed>()
  /** Each with the function that stops its heartbeat. */
  readonly #subscribers = new Map<LiveSubscriber, () => void>()
  readonly #stop = new AbortController()
  readonly #emptied = Promise.withResolvers<void>()

  constructor({ tail, reads, settings, log }: LiveHubDeps) {
    this.settings = settings
    this.#log = log
    this.#doctorReader = new DoctorReader((doctorIds) => reads.doctors(doctorIds))
    this.#publisher = new SlotPublisher({ reads, settings, log, figures: this.figures, horizon: tail.horizon })
    this.#history = new ChangeHistory(tail.horizon - 1n, settings.historyMax)
    this.#heartbeats = new Heartbeats(settings.heartbeatMs, ({ transport }) =>
      transport.beat(String(this.#publisher.resumePosition)),
    )
    this.#unsubscribeFromTail = tail.subscribe((entries, horizon) => this.#onEntries(entries, horizon))
  }

  get isStopping(): boolean {
    return this.#stop.signal.aborted
  }

  /** Bytes sent that have not been read yet, over all connections. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const { transport } of this.#subscribers.keys()) bytes += transport.bufferedBytes()
    return bytes
  }

  /** Adds a connection without subscriptions. Call `disconnect` when it has ended. */
  connect(transport: LiveTransport): LiveSubscriber {
    const subscriber = new LiveSubscriber(transport, this.settings.bufferedBytesMax)
    this.#subscribers.set(subscriber, this.#heartbeats.add(subscriber))
    this.figures.connections[transport.kind] += 1
    return subscriber
  }

  disconnect(subscriber: LiveSubscriber): void {
    if (subscriber.isClosed) return
    subscriber.isClosed = true
    this.unsubscribe(subscriber, [...subscriber.doctorIds])
    this.#publisher.removeSubscriber(subscriber)
    this.#subscribers.get(subscriber)?.()
    this.#subscribers.delete(subscriber)
    this.figures.connections[subscriber.transport.kind] -= 1
    if (this.isStopping && this.#subscribers.size === 0) this.#emptied.resolve()
  }

  /**
   * Subscribes a connection to more doctors and sends it `subscribed`. With `after`, the changes since that position
   * are sent before anything else, or `resync` if they are not known.
   */
  async subscribe(
    subscriber: LiveSubscriber,
    doctorIds: readonly string[],
    after: bigint | null,
  ): Promise<SubscribeOutcome> {
    const wanted = [...new Set(doctorIds)]
    const inAll = new Set([...subscriber.doctorIds, ...wanted])
    if (inAll.size > this.settings.doctorsPerConnectionMax) return { kind: 'too_many' }
    const feeds = wanted.filter(isId).map((doctorId) => this.#openFeed(doctorId))
    try {
      // Lapses are not in the log. For a client that reconnects, the doctors are therefore read again.
      const toRead = feeds.filter((feed) => after !== null || !feed.isKnown).map((feed) => feed.doctorId)
      const read = toRead.length === 0 ? new Map<string, LiveDoctor>() : await this.#doctorReader.read(toRead)
      for (const feed of feeds) {
        const doctor = read.get(feed.doctorId)
        if (doctor !== undefined) feed.noteDoctor(doctor)
      }
      const known = feeds.filter((feed) => read.has(feed.doctorId) || !toRead.includes(feed.doctorId))
      if (known.length === 0) return { kind: 'none_known' }
      if (!subscriber.isClosed) this.#attach(subscriber, known, after, read)
      const knownIds = new Set(known.map((feed) => feed.doctorId))
      return { kind: 'subscribed', unknown: wanted.filter((doctorId) => !knownIds.has(doctorId)) }
    } catch (error) {
      this.#log.warn({ err: error }, 'doctors could not be read for live updates')
      return { kind: 'unavailable' }
    } finally {
      for (const feed of feeds) {
        feed.pendingSubscriptions -= 1
        this.#dropUnwatched(feed)
      }
    }
  }

  unsubscribe(subscriber: LiveSubscriber, doctorIds: readonly string[]): void {
    for (const doctorId of doctorIds) {
      if (!subscriber.doctorIds.delete(doctorId)) continue
      this.figures.subscriptions -= 1
      const feed = this.#feeds.get(doctorId)
      if (feed === undefined) continue
      feed.subscribers.delete(subscriber)
      this.#dropUnwatched(feed)
    }
  }

  /** Changes may have been missed (during a database outage): all connections are sent a resync. */
  resyncAll(): void {
    const at = this.#publisher.horizon
    this.#history.noteAll(at)
    for (const feed of this.#feeds.values()) {
      feed.noteResync(at)
      this.#publisher.publish(feed)
      void this.#readHolds(feed)
    }
  }

  /** Closes every connection with 1001, and destroys those that do not close in time. */
  async stop(): Promise<void> {
    if (this.isStopping) return
    this.#stop.abort()
    this.#unsubscribeFromTail()
    this.#heartbeats.stop()
    const published = this.#publisher.stop()
    for (const { transport } of this.#subscribers.keys()) transport.end(1001, 'This server is stopping: connect again.')
    if (this.#subscribers.size === 0) this.#emptied.resolve()
    await pTimeout(Promise.all([published, this.#emptied.promise]), { milliseconds: endMsMax, message: false })
    for (const { transport } of [...this.#subscribers.keys()]) transport.destroy()
    for (const feed of this.#feeds.values()) feed.lapses.stop()
  }

  #onEntries(entries: readonly LogEntry[], horizon: bigint): void {
    // An event that waited for an earlier one may be older than what has been published. Its position is then the
    // horizon.
    const before = this.#publisher.horizon
    const clinics = new Map<number, bigint>()
    for (const entry of entries) {
      const at = entry.xid > before ? entry.xid : before
      if (entry.kind === 'booking') {
        const { type, doctorId, slotId, fromSlotId } = entry
        if (quietTypes.has(type)) continue
        this.#noteSlot(doctorId, slotId, at)
        if (fromSlotId !== null && entry.fromDoctorId !== null) this.#noteSlot(entry.fromDoctorId, fromSlotId, at)
      } else if (entry.doctorId === null) clinics.set(entry.clinicNo, at)
      else this.#noteDoctor(entry.doctorId, at)
    }
    for (const [clinicNo, at] of clinics) this.#noteClinic(clinicNo, at)
    this.#publisher.advance(horizon)
  }

  #noteSlot(doctorId: string, slotId: string, at: bigint): void {
    this.#history.noteSlot(doctorId, slotId, at)
    const feed = this.#feeds.get(doctorId)
    if (feed === undefined) return
    if (!feed.noteSlot(slotId, 'event', at)) void this.#readHolds(feed)
    this.#publisher.publish(feed)
  }

  #noteDoctor(doctorId: string, at: bigint): void {
    this.#history.noteDoctor(doctorId, at)
    const feed = this.#feeds.get(doctorId)
    if (feed === undefined) return
    // The doctor may no longer be active.
    feed.isKnown = false
    feed.noteResync(at)
    this.#publisher.publish(feed)
  }

  /** A change of the clinic's time zone, notice or booking horizon affects the slots of all its doctors. */
  #noteClinic(clinicNo: number, at: bigint): void {
    this.#history.noteAll(at)
    for (const feed of this.#feeds.values()) {
      if (clinicNoOf(feed.doctorId) !== clinicNo) continue
      feed.noteResync(at)
      this.#publisher.publish(feed)
    }
  }

  /** A lapse has no position in the log. It gets the horizon, which no client has received as its position yet. */
  #noteLapsed(feed: DoctorFeed, slotIds: readonly string[]): void {
    const at = this.#publisher.horizon
    for (const slotId of slotIds) {
      this.#history.noteSlot(feed.doctorId, slotId, at)
      if (!feed.noteSlot(slotId, 'lapse', at)) void this.#readHolds(feed)
    }
    this.#publisher.publish(feed)
  }

  #openFeed(doctorId: string): DoctorFeed {
    const known = this.#feeds.get(doctorId)
    const feed: DoctorFeed =
      known ??
      new DoctorFeed(doctorId, {
        onLapsed: (slotIds) => this.#noteLapsed(feed, slotIds),
        onUnwatchedLapse: () => void this.#readHolds(feed),
      })
    this.#feeds.set(doctorId, feed)
    feed.pendingSubscriptions += 1
    return feed
  }

  #attach(
    subscriber: LiveSubscriber,
    feeds: readonly DoctorFeed[],
    after: bigint | null,
    read: ReadonlyMap<string, LiveDoctor>,
  ): void {
    for (const { doctorId, subscribers } of feeds) {
      subscribers.add(subscriber)
      if (!subscriber.doctorIds.has(doctorId)) this.figures.subscriptions += 1
      subscriber.doctorIds.add(doctorId)
    }
    const doctorIds = feeds.map((feed) => feed.doctorId)
    const { resumePosition } = this.#publisher
    const missed = after === null ? [] : this.#missedSince(subscriber, doctorIds, after, read)
    const isResuming = missed.length > 0 || subscriber.catchUp !== null
    const position = String(isResuming && after !== null && after < resumePosition ? after : resumePosition)
    this.#send(subscriber, new LiveFrame({ type: 'subscribed', doctorIds, position }))
    if (missed.length > 0) {
      this.figures.resyncs += 1
      this.#send(subscriber, new LiveFrame({ type: 'resync', doctorIds: missed, position }))
    }
    if (subscriber.catchUp !== null) this.#publisher.catchUp(subscriber)
  }

  /** Sets the subscriber's `catchUp`. @returns the doctors whose changes are not known */
  #missedSince(
    subscriber: LiveSubscriber,
    doctorIds: readonly string[],
    after: bigint,
    read: ReadonlyMap<string, LiveDoctor>,
  ): string[] {
    // A position ahead of this process's comes from another process, or from another database.
    const isAhead = after >= this.#publisher.horizon
    const missed: string[] = []
    const catchUp = new Map<string, readonly string[]>()
    for (const doctorId of doctorIds) {
      const changes = this.#history.since(doctorId, after)
      const isBusy = subscriber.catchUp !== null
      const doctor = read.get(doctorId)
      const lapsed = (doctor?.held ?? []).filter((slot) => slot.hasLapsed).map((slot) => slot.id)
      if (isAhead || isBusy || doctor?.isPartial || changes.kind === 'unknown') missed.push(doctorId)
      else if (changes.slotIds.length + lapsed.length > 0) {
        catchUp.set(doctorId, [...new Set([...changes.slotIds, ...lapsed])])
      }
    }
    if (catchUp.size > 0) subscriber.catchUp = catchUp
    return missed
  }

  #send(subscriber: LiveSubscriber, frame: LiveFrame): void {
    subscriber.transport.send(frame)
    this.figures.messages += 1
  }

  /** Reads a doctor's holds again. Retries until it succeeds or the doctor has no subscribers. */
  async #readHolds(feed: DoctorFeed): Promise<void> {
    const read = async () => {
      if (!feed.isWatched) return
      const doctor = (await this.#doctorReader.read([feed.doctorId])).get(feed.doctorId)
      if (doctor !== undefined && feed.isWatched) feed.noteDoctor(doctor)
    }
    await retryUntilStopped(read, { delayMs: retryMs, signal: this.#stop.signal })
  }

  #dropUnwatched(feed: DoctorFeed): void {
    if (feed.isWatched || this.#feeds.get(feed.doctorId) !== feed) return
    this.#feeds.delete(feed.doctorId)
    this.#publisher.removeFeed(feed)
    feed.lapses.stop()
  }
}
