import { clinicNoOf, type EventTail, isId, type LiveDoctor, type LiveReads, type LogEntry } from '@holdfast/engine'
import pRetry from 'p-retry'
import pTimeout from 'p-timeout'
import type { Logger } from '../logger.ts'
import { ChangeHistory } from './change-history.ts'
import { DoctorFeed } from './doctor-feed.ts'
import { DoctorOpener } from './doctor-opener.ts'
import { Heartbeats } from './heartbeats.ts'
import { type LiveFigures, noFigures } from './live-figures.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveSettings } from './live-settings.ts'
import { LiveSubscriber, type LiveTransport } from './live-subscriber.ts'
import { SlotTeller } from './slot-teller.ts'

export type LiveHubDeps = {
  /** The process's one tail of the log. */
  tail: Pick<EventTail, 'horizon' | 'subscribe'>
  reads: LiveReads
  settings: LiveSettings
  log: Logger
}

/**
 * `unknown`: these are no active doctors, the others are followed. `none_known`: nothing was done, nobody told.
 * `unavailable`: the database could not be asked, nothing was done.
 */
export type SubscribeOutcome =
  | { kind: 'subscribed'; unknown: string[] }
  | { kind: 'none_known' }
  | { kind: 'too_many' }
  | { kind: 'unavailable' }

// A confirmation or an extension is told: a read may have met its hold as lapsed a moment before.
const quietTypes = new Set<string>(['arrived', 'completed', 'no_show', 'linked', 'reopened'])
const endMsMax = 2_000
const retryMs = 1_000

/**
 * Tells connections of the slots that change: one listener of the log for all of them. Knows nothing of sockets; see
 * {@link SlotTeller} for what is told when, and packages/contract/src/live.ts for the words.
 */
export class LiveHub {
  readonly settings: LiveSettings
  readonly figures: LiveFigures = noFigures()
  readonly #log: Logger
  readonly #opener: DoctorOpener
  readonly #teller: SlotTeller
  readonly #history: ChangeHistory
  readonly #heartbeats: Heartbeats<LiveSubscriber>
  readonly #leaveTail: () => void
  readonly #feeds = new Map<string, DoctorFeed>()
  /** With how to stop the heartbeat. */
  readonly #subscribers = new Map<LiveSubscriber, () => void>()
  readonly #stop = new AbortController()
  readonly #emptied = Promise.withResolvers<void>()

  constructor({ tail, reads, settings, log }: LiveHubDeps) {
    this.settings = settings
    this.#log = log
    this.#opener = new DoctorOpener((doctorIds) => reads.doctors(doctorIds))
    this.#teller = new SlotTeller({ reads, settings, log, figures: this.figures, horizon: tail.horizon })
    this.#history = new ChangeHistory(tail.horizon - 1n, settings.historyMax)
    this.#heartbeats = new Heartbeats(settings.heartbeatMs, ({ transport }) =>
      transport.beat(String(this.#teller.told)),
    )
    this.#leaveTail = tail.subscribe((entries, horizon) => this.#hear(entries, horizon))
  }

  get isStopping(): boolean {
    return this.#stop.signal.aborted
  }

  /** What all connections together have been sent and not read yet. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const { transport } of this.#subscribers.keys()) bytes += transport.bufferedBytes()
    return bytes
  }

  /** A new connection, which follows nobody yet. Call `disconnect` when it has ended. */
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
    this.#teller.forgetSubscriber(subscriber)
    this.#subscribers.get(subscriber)?.()
    this.#subscribers.delete(subscriber)
    this.figures.connections[subscriber.transport.kind] -= 1
    if (this.isStopping && this.#subscribers.size === 0) this.#emptied.resolve()
  }

  /**
   * Adds doctors to those a connection follows, and tells it `subscribed`. With `after`, what changed since is told
   * before anything else; where that is not known, `resync`.
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
      // What lapsed while a client was away stands in no log: for who comes back, the doctors are looked at again.
      const toRead = feeds.filter((feed) => after !== null || !feed.isKnown).map((feed) => feed.doctorId)
      const read = toRead.length === 0 ? new Map<string, LiveDoctor>() : await this.#opener.open(toRead)
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
      this.#log.warn({ err: error }, 'doctors could not be looked up for live updates')
      return { kind: 'unavailable' }
    } finally {
      for (const feed of feeds) {
        feed.openings -= 1
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

  /** Nobody knows what happened for a while (the database was away): everybody is told to read again. */
  resyncAll(): void {
    const at = this.#teller.horizon
    this.#history.noteAll(at)
    for (const feed of this.#feeds.values()) {
      feed.noteResync(at)
      this.#teller.tell(feed)
      void this.#readHolds(feed)
    }
  }

  /** Ends every connection: 1001, and those that do not go are cut. */
  async stop(): Promise<void> {
    if (this.isStopping) return
    this.#stop.abort()
    this.#leaveTail()
    this.#heartbeats.stop()
    const told = this.#teller.stop()
    for (const { transport } of this.#subscribers.keys()) transport.end(1001, 'This server is stopping: connect again.')
    if (this.#subscribers.size === 0) this.#emptied.resolve()
    await pTimeout(Promise.all([told, this.#emptied.promise]), { milliseconds: endMsMax, message: false })
    for (const { transport } of [...this.#subscribers.keys()]) transport.destroy()
    for (const feed of this.#feeds.values()) feed.lapses.stop()
  }

  #hear(entries: readonly LogEntry[], horizon: bigint): void {
    // An event that was held back for its predecessor may be older than what has been told: it counts from now on.
    const before = this.#teller.horizon
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
    this.#teller.advance(horizon)
  }

  #noteSlot(doctorId: string, slotId: string, at: bigint): void {
    this.#history.noteSlot(doctorId, slotId, at)
    const feed = this.#feeds.get(doctorId)
    if (feed === undefined) return
    if (!feed.noteSlot(slotId, 'event', at)) void this.#readHolds(feed)
    this.#teller.tell(feed)
  }

  #noteDoctor(doctorId: string, at: bigint): void {
    this.#history.noteDoctor(doctorId, at)
    const feed = this.#feeds.get(doctorId)
    if (feed === undefined) return
    // Perhaps no longer a doctor who can be followed.
    feed.isKnown = false
    feed.noteResync(at)
    this.#teller.tell(feed)
  }

  /** A clinic's zone, notice or horizon: what is offered of all its doctors. */
  #noteClinic(clinicNo: number, at: bigint): void {
    this.#history.noteAll(at)
    for (const feed of this.#feeds.values()) {
      if (clinicNoOf(feed.doctorId) !== clinicNo) continue
      feed.noteResync(at)
      this.#teller.tell(feed)
    }
  }

  /** A lapse has no place in the log: it stands at the horizon, where nobody has been told that they know it. */
  #noteLapsed(feed: DoctorFeed, slotIds: readonly string[]): void {
    const at = this.#teller.horizon
    for (const slotId of slotIds) {
      this.#history.noteSlot(feed.doctorId, slotId, at)
      if (!feed.noteSlot(slotId, 'lapse', at)) void this.#readHolds(feed)
    }
    this.#teller.tell(feed)
  }

  #openFeed(doctorId: string): DoctorFeed {
    const known = this.#feeds.get(doctorId)
    const feed: DoctorFeed =
      known ??
      new DoctorFeed(doctorId, {
        onLapsed: (slotIds) => this.#noteLapsed(feed, slotIds),
        onForgotten: () => void this.#readHolds(feed),
      })
    this.#feeds.set(doctorId, feed)
    feed.openings += 1
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
    const { told } = this.#teller
    const missed = after === null ? [] : this.#missedSince(subscriber, doctorIds, after, read)
    const isBack = missed.length > 0 || subscriber.catchUp !== null
    const position = String(isBack && after !== null && after < told ? after : told)
    this.#send(subscriber, new LiveFrame({ type: 'subscribed', doctorIds, position }))
    if (missed.length > 0) {
      this.figures.resyncs += 1
      this.#send(subscriber, new LiveFrame({ type: 'resync', doctorIds: missed, position }))
    }
    if (subscriber.catchUp !== null) this.#teller.catchUp(subscriber)
  }

  /** Sets what there is to catch up with. @returns the doctors of whom that is not known */
  #missedSince(
    subscriber: LiveSubscriber,
    doctorIds: readonly string[],
    after: bigint,
    read: ReadonlyMap<string, LiveDoctor>,
  ): string[] {
    // A position ahead of this process is another's, or of a database that is no more.
    const isAhead = after >= this.#teller.horizon
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

  /** Learns again which of a doctor's slots are held; tries until it does, or nobody follows the doctor. */
  async #readHolds(feed: DoctorFeed): Promise<void> {
    const read = async () => {
      if (!feed.isWatched) return
      const doctor = (await this.#opener.open([feed.doctorId])).get(feed.doctorId)
      if (doctor !== undefined && feed.isWatched) feed.noteDoctor(doctor)
    }
    const { signal } = this.#stop
    await pRetry(read, { retries: Number.POSITIVE_INFINITY, minTimeout: retryMs, factor: 1, signal }).catch(
      (error: unknown) => {
        if (!signal.aborted) this.#log.error({ err: error }, 'the holds of a doctor could not be read')
      },
    )
  }

  #dropUnwatched(feed: DoctorFeed): void {
    if (feed.isWatched || this.#feeds.get(feed.doctorId) !== feed) return
    this.#feeds.delete(feed.doctorId)
    this.#teller.forgetFeed(feed)
    feed.lapses.stop()
  }
}
