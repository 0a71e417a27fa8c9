import { type Position, positionOfShard, positionText } from '@holdfast/contract/position'
import { changedSlotsOf, type EventTail, isId, type LogEntry } from '@holdfast/engine'
import type { Calendar, WatchedDoctor } from '../calendar/calendar.ts'
import type { CalendarChange } from '../calendar/calendar-change.ts'
import { SharedReader } from '../calendar/shared-reader.ts'
import { type LiveFigures, noFigures } from '../observe/live-figures.ts'
import type { Logger } from '../observe/logger.ts'
import { ChangeHistory } from './change-history.ts'
import { DoctorFeeds } from './doctor-feeds.ts'
import type { LivePlaces, SubscribeOutcome } from './live-places.ts'
import type { LiveSettings } from './live-settings.ts'
import { LiveSubscriber, type LiveTransport, type Missed } from './live-subscriber.ts'
import { OpenConnections } from './open-connections.ts'

export type WatchedDoctors = ReadonlyMap<string, WatchedDoctor>

export type LiveHubDeps = {
  calendar: Pick<Calendar, 'horizon' | 'emittedBefore' | 'onChange' | 'onLog' | 'watch' | 'unwatch' | 'read'>
  /** The epoch in which the calendar's positions are, and those of clients as transactions of this epoch. */
  tail: Pick<EventTail, 'epoch' | 'transactionAt'>
  settings: LiveSettings
  log: Logger
}

const slowCheckMs = 100
/** If more slots wait to be read for clients that resume, further clients receive a `resync`. */
const missedSlotsMax = 2_500

/**
 * Notifies connections of one shard's changed slots: the calendar's changes go to the feeds of doctors, from there to
 * subscribers. Independent of the transport; see {@link DoctorFeeds} for when messages are sent, and
 * packages/contract/src/live.ts for the messages.
 */
export class LiveHub implements LivePlaces {
  readonly settings: LiveSettings
  readonly #calendar: LiveHubDeps['calendar']
  readonly #tail: LiveHubDeps['tail']
  readonly #log: Logger
  readonly #open: OpenConnections<LiveSubscriber>
  readonly #figures: LiveFigures
  readonly #feeds: DoctorFeeds
  /** Units of slots that clients missed. */
  readonly #missedSlots: SharedReader<number>
  readonly #history: ChangeHistory
  /**
   * They missed messages because they do not read fast enough. Messages are not buffered for them: once they have read
   * what was sent, they receive a `resync` that names the doctors to read again. One that takes too long is
   * disconnected.
   */
  readonly #slow = new Set<LiveSubscriber>()
  #slowTimer: NodeJS.Timeout | undefined

  constructor({ calendar, tail, settings, log }: LiveHubDeps) {
    this.settings = settings
    this.#calendar = calendar
    this.#tail = tail
    this.#log = log
    this.#open = new OpenConnections(settings.heartbeatMs)
    this.#figures = { ...noFigures(), connections: this.#open.counts }
    this.#history = new ChangeHistory(calendar.horizon - 1n, settings.historyMax)
    this.#feeds = new DoctorFeeds({
      settings,
      emittedBefore: () => calendar.emittedBefore,
      positionText: (transaction) => positionText(tail.epoch, transaction),
      onDropped: (subscriber) => this.#dropped(subscriber),
    })
    this.#missedSlots = new SharedReader({
      read: (slotIds) => calendar.read(slotIds),
      keysMax: Number.POSITIVE_INFINITY,
      waitingMax: missedSlotsMax,
    })
    calendar.onLog((entries) => this.#noteLog(entries))
    calendar.onChange((change) => this.#noteChange(change))
  }

  get isStopping(): boolean {
    return this.#open.isEnding
  }

  get figures(): Readonly<LiveFigures> {
    return this.#figures
  }

  get bufferedBytes(): number {
    return this.#open.bufferedBytes
  }

  /**
   * Adds a connection without subscriptions. Call `disconnect` when it has ended.
   *
   * @param hasHeartbeat false: the caller sends it, with {@link beat}
   */
  connect(transport: LiveTransport, hasHeartbeat = true): LiveSubscriber {
    const subscriber = new LiveSubscriber(transport, this.settings.bufferedBytesMax, ({ type }) => {
      this.#figures.messages += 1
      if (type === 'resync') this.#figures.resyncs += 1
    })
    this.#open.add(subscriber, hasHeartbeat ? () => this.beat(subscriber) : null)
    return subscriber
  }

  beat(subscriber: LiveSubscriber): void {
    subscriber.beat(this.#feeds.resumePosition)
  }

  disconnect(subscriber: LiveSubscriber): void {
    if (!this.#open.delete(subscriber)) return
    subscriber.close()
    this.unsubscribe(subscriber, [...subscriber.doctorIds])
  }

  async subscribe(
    subscriber: LiveSubscriber,
    doctorIds: readonly string[],
    after: readonly Position[] | null,
  ): Promise<SubscribeOutcome> {
    const wanted = [...new Set(doctorIds)]
    const inAll = new Set([...subscriber.doctorIds, ...wanted])
    if (inAll.size > this.settings.doctorsPerConnectionMax) return { kind: 'too_many' }
    const watched = await this.watch(wanted, after)
    if (watched === null) return { kind: 'unavailable' }
    if (watched.size === 0) return { kind: 'none_known' }
    this.attach(subscriber, watched, after)
    return { kind: 'subscribed', unknown: wanted.filter((doctorId) => !watched.has(doctorId)) }
  }

  /**
   * The first step of `subscribe`, which sends nothing. Each of the doctors needs {@link attach} or {@link unwatch}
   * then. null: the database could not be read.
   */
  async watch(doctorIds: readonly string[], after: readonly Position[] | null): Promise<WatchedDoctors | null> {
    try {
      // Lapses are not in the log. For a client that reconnects, the doctors are therefore read again.
      return await this.#calendar.watch(doctorIds.filter(isId), { readAgain: after !== null })
    } catch (error) {
      this.#log.warn({ err: error }, 'doctors could not be read for live updates')
      return null
    }
  }

  unwatch(watched: WatchedDoctors): void {
    for (const doctorId of watched.keys()) this.#calendar.unwatch(doctorId)
  }

  unsubscribe(subscriber: LiveSubscriber, doctorIds: readonly string[]): void {
    for (const doctorId of doctorIds) {
      if (!subscriber.unsubscribe(doctorId)) continue
      this.#figures.subscriptions -= 1
      this.#calendar.unwatch(doctorId)
      this.#feeds.unsubscribe(doctorId, subscriber)
    }
  }

  /** Closes every connection with 1001, and destroys those that do not close in time. */
  async stop(): Promise<void> {
    if (this.isStopping) return
    clearInterval(this.#slowTimer)
    const sent = this.#feeds.stop()
    this.#open.end()
    await this.#open.ended([sent])
  }

  /** The second step. Each subscription is counted once by the calendar. */
  attach(subscriber: LiveSubscriber, watched: WatchedDoctors, after: readonly Position[] | null): void {
    for (const doctorId of watched.keys()) {
      if (subscriber.isClosed || subscriber.doctorIds.has(doctorId)) {
        this.#calendar.unwatch(doctorId)
        continue
      }
      this.#feeds.subscribe(doctorId, subscriber)
      this.#figures.subscriptions += 1
    }
    const missed = after === null ? null : this.#missedSince(watched, after)
    const { resumePosition } = this.#feeds
    if (subscriber.subscribe([...watched.keys()], resumePosition, missed)) void this.#catchUp(subscriber)
  }

  async #catchUp(subscriber: LiveSubscriber): Promise<void> {
    // A client whose slots cannot be read receives a resync, and reads its lists as soon as it can.
    const available = await this.#missedSlots.read(subscriber.missedSlotIds).catch(() => null)
    subscriber.catchUp(available, this.#feeds.resumePosition)
  }

  #missedSince(watched: WatchedDoctors, positions: readonly Position[]): Missed {
    // Without a position of this shard, the client has seen nothing that the log of this shard names.
    const position = positionOfShard(positions, this.#tail.epoch) ?? { epoch: this.#tail.epoch, transaction: 0n }
    // A position ahead of this process's comes from another process, or from another epoch of the log.
    const after = this.#tail.transactionAt(position)
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
    return { after: positionText(position.epoch, position.transaction), slotIds, unknown }
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
      case 'slot': {
        const { doctorId, slotId, available, at, cause } = change
        // A lapse is not in the log. No client has received the horizon as its position yet.
        if (cause === 'lapse') this.#history.noteSlot(doctorId, slotId, this.#calendar.horizon)
        this.#feeds.noteSlot(doctorId, slotId, available, at)
        return
      }
      case 'doctor':
        this.#feeds.noteResync(change.doctorId, change.at)
        return
      case 'all':
        this.#history.noteAll(this.#calendar.horizon)
        this.#feeds.noteResyncOfAll(change.at)
        return
    }
  }

  #dropped(subscriber: LiveSubscriber): void {
    this.#figures.dropped += 1
    this.#slow.add(subscriber)
    this.#slowTimer ??= setInterval(() => this.#recoverSlow(), slowCheckMs).unref()
  }

  #recoverSlow(): void {
    const { resumePosition } = this.#feeds
    for (const subscriber of this.#slow) {
      if (!subscriber.recover(resumePosition, this.settings.behindMsMax)) this.#slow.delete(subscriber)
    }
    if (this.#slow.size > 0) return
    clearInterval(this.#slowTimer)
    this.#slowTimer = undefined
  }
}
