import { changedSlotsOf, isId, type LogEntry } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import type { Calendar, WatchedDoctor } from '../calendar/calendar.ts'
import type { CalendarChange } from '../calendar/calendar-change.ts'
import type { Logger } from '../observe/logger.ts'
import { CatchUpReader } from './catch-up-reader.ts'
import { ChangeHistory } from './change-history.ts'
import { DoctorFeed } from './doctor-feed.ts'
import { FeedPublisher } from './feed-publisher.ts'
import { Heartbeats } from './heartbeats.ts'
import { type LiveFigures, noFigures } from './live-figures.ts'
import type { LiveSettings } from './live-settings.ts'
import { LiveSubscriber, type LiveTransport, type Missed } from './live-subscriber.ts'
import { SlowSubscribers } from './slow-subscribers.ts'

export type LiveHubDeps = {
  calendar: Pick<Calendar, 'horizon' | 'settledBefore' | 'onChange' | 'onLog' | 'watch' | 'unwatch' | 'read'>
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

const endMsMax = 2_000

/**
 * Notifies connections of changed slots: the calendar's changes go to the feeds of doctors, from there to subscribers.
 * Independent of the transport; see {@link FeedPublisher} for when messages are sent, and packages/contract/src/live.ts
 * for the messages.
 */
export class LiveHub {
  readonly settings: LiveSettings
  readonly #calendar: LiveHubDeps['calendar']
  readonly #log: Logger
  readonly #figures: LiveFigures = noFigures()
  readonly #feeds = new Map<string, DoctorFeed>()
  readonly #publisher: FeedPublisher
  readonly #catchUps: CatchUpReader
  readonly #slow: SlowSubscribers
  readonly #history: ChangeHistory
  readonly #heartbeats: Heartbeats<LiveSubscriber>
  /** Each with the function that stops its heartbeat. */
  readonly #subscribers = new Map<LiveSubscriber, () => void>()
  readonly #endListening: (() => void)[]
  readonly #emptied = Promise.withResolvers<void>()
  #isStopping = false

  constructor({ calendar, settings, log }: LiveHubDeps) {
    this.settings = settings
    this.#calendar = calendar
    this.#log = log
    this.#history = new ChangeHistory(calendar.horizon - 1n, settings.historyMax)
    this.#publisher = new FeedPublisher({
      settings,
      settledBefore: () => calendar.settledBefore,
      onDropped: (subscriber) => {
        this.#figures.dropped += 1
        this.#slow.add(subscriber)
      },
    })
    const position = () => this.#publisher.resumePosition
    this.#slow = new SlowSubscribers({ behindMsMax: settings.behindMsMax, position })
    this.#catchUps = new CatchUpReader({ read: (slotIds) => calendar.read(slotIds), position })
    this.#heartbeats = new Heartbeats(settings.heartbeatMs, (subscriber) => subscriber.beat(position()))
    this.#endListening = [
      calendar.onLog((entries) => this.#noteLog(entries)),
      calendar.onChange((change) => this.#noteChange(change)),
    ]
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  get figures(): Readonly<LiveFigures> {
    return this.#figures
  }

  /** Bytes sent that have not been read yet, over all connections. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const { transport } of this.#subscribers.keys()) bytes += transport.bufferedBytes()
    return bytes
  }

  /** Adds a connection without subscriptions. Call `disconnect` when it has ended. */
  connect(transport: LiveTransport): LiveSubscriber {
    const subscriber = new LiveSubscriber(transport, this.settings.bufferedBytesMax, ({ type }) => {
      this.#figures.messages += 1
      if (type === 'resync') this.#figures.resyncs += 1
    })
    this.#subscribers.set(subscriber, this.#heartbeats.add(subscriber))
    this.#figures.connections[transport.kind] += 1
    return subscriber
  }

  disconnect(subscriber: LiveSubscriber): void {
    const stopHeartbeat = this.#subscribers.get(subscriber)
    if (stopHeartbeat === undefined) return
    stopHeartbeat()
    this.#subscribers.delete(subscriber)
    subscriber.close()
    this.unsubscribe(subscriber, [...subscriber.doctorIds])
    this.#figures.connections[subscriber.transport.kind] -= 1
    if (this.#isStopping && this.#subscribers.size === 0) this.#emptied.resolve()
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
    let watched: ReadonlyMap<string, WatchedDoctor>
    try {
      // Lapses are not in the log. For a client that reconnects, the doctors are therefore read again.
      watched = await this.#calendar.watch(wanted.filter(isId), { readAgain: after !== null })
    } catch (error) {
      this.#log.warn({ err: error }, 'doctors could not be read for live updates')
      return { kind: 'unavailable' }
    }
    if (watched.size === 0) return { kind: 'none_known' }
    this.#attach(subscriber, watched, after)
    return { kind: 'subscribed', unknown: wanted.filter((doctorId) => !watched.has(doctorId)) }
  }

  unsubscribe(subscriber: LiveSubscriber, doctorIds: readonly string[]): void {
    for (const doctorId of doctorIds) {
      if (!subscriber.unsubscribe(doctorId)) continue
      this.#figures.subscriptions -= 1
      this.#calendar.unwatch(doctorId)
      const feed = this.#feeds.get(doctorId)
      feed?.delete(subscriber)
      if (feed?.subscribers.size !== 0) continue
      this.#feeds.delete(doctorId)
      this.#publisher.delete(feed)
    }
  }

  /** Closes every connection with 1001, and destroys those that do not close in time. */
  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    for (const endListening of this.#endListening) endListening()
    this.#heartbeats.stop()
    this.#slow.stop()
    const sent = this.#publisher.stop()
    for (const { transport } of this.#subscribers.keys()) transport.end(1001, 'This server is stopping: connect again.')
    if (this.#subscribers.size === 0) this.#emptied.resolve()
    await pTimeout(Promise.all([sent, this.#emptied.promise]), { milliseconds: endMsMax, message: false })
    for (const { transport } of [...this.#subscribers.keys()]) transport.destroy()
  }

  /** Each subscription is counted once by the calendar. */
  #attach(subscriber: LiveSubscriber, watched: ReadonlyMap<string, WatchedDoctor>, after: bigint | null): void {
    for (const doctorId of watched.keys()) {
      if (subscriber.isClosed || subscriber.doctorIds.has(doctorId)) {
        this.#calendar.unwatch(doctorId)
        continue
      }
      const feed = this.#feeds.get(doctorId) ?? new DoctorFeed(doctorId)
      this.#feeds.set(doctorId, feed)
      feed.add(subscriber)
      this.#figures.subscriptions += 1
    }
    const missed = after === null ? null : this.#missedSince(watched, after)
    const { resumePosition } = this.#publisher
    if (subscriber.subscribe([...watched.keys()], resumePosition, missed)) this.#catchUps.add(subscriber)
  }

  #missedSince(watched: ReadonlyMap<string, WatchedDoctor>, after: bigint): Missed {
    // A position ahead of this process's comes from another process, or from another database.
    const isAhead = after >= this.#calendar.horizon
    const slotIds = new Map<string, string[]>()
    const unknown: string[] = []
    for (const [doctorId, { lapsed, isPartial }] of watched) {
      const changes = this.#history.since(doctorId, after)
      if (isAhead || isPartial || changes.kind === 'unknown') unknown.push(doctorId)
      else if (changes.slotIds.length + lapsed.length > 0) {
        slotIds.set(doctorId, [...new Set([...changes.slotIds, ...lapsed])])
      }
    }
    return { after, slotIds, unknown }
  }

  /** Fills the history with the changes of all doctors, whether or not they have subscribers. */
  #noteLog(entries: readonly LogEntry[]): void {
    // An event that waited for an earlier one may be older than what has been sent. Its position is then the horizon.
    let at = this.#calendar.horizon
    for (const entry of entries) {
      if (entry.xid > at) at = entry.xid
      if (entry.kind === 'booking') {
        for (const { doctorId, slotId } of changedSlotsOf(entry)) this.#history.noteSlot(doctorId, slotId, at)
      } else if (entry.doctorId !== null) this.#history.noteDoctor(entry.doctorId, at)
      // The clinic's time zone, notice and booking horizon affect the slots of all its doctors.
      else this.#history.noteAll(at)
    }
  }

  #noteChange(change: CalendarChange): void {
    switch (change.kind) {
      case 'slots': {
        const { doctorId, slots, at, cause } = change
        // A lapse is not in the log. No client has received the horizon as its position yet.
        if (cause === 'lapse') for (const { id } of slots) this.#history.noteSlot(doctorId, id, this.#calendar.horizon)
        this.#publish(doctorId, (feed) => feed.noteSlots(slots, at))
        return
      }
      case 'doctor':
        this.#publish(change.doctorId, (feed) => feed.noteResync(change.at))
        return
      case 'all':
        this.#history.noteAll(this.#calendar.horizon)
        for (const doctorId of this.#feeds.keys()) this.#publish(doctorId, (feed) => feed.noteResync(change.at))
        return
    }
  }

  #publish(doctorId: string, note: (feed: DoctorFeed) => void): void {
    const feed = this.#feeds.get(doctorId)
    if (feed === undefined) return
    note(feed)
    this.#publisher.publish(feed)
  }
}
