import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LiveReads, LiveSlot } from '@holdfast/engine'
import type { Logger } from '../logger.ts'
import { BehindList } from './behind-list.ts'
import type { DoctorFeed, FeedChanges } from './doctor-feed.ts'
import type { LiveFigures } from './live-figures.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveSettings } from './live-settings.ts'
import type { LiveSubscriber } from './live-subscriber.ts'
import { Pacing } from './pacing.ts'

export type SlotTellerDeps = {
  reads: Pick<LiveReads, 'slots'>
  settings: LiveSettings
  log: Logger
  figures: LiveFigures
  /** Every transaction below it has been heard of. */
  horizon: bigint
}

/** Slots of one read of availability; catching up takes at most half of it. */
const slotsPerReadMax = 5_000
/** Clients told between two turns of the event loop. */
const tellsPerTurnMax = 200
const retryMsMin = 250
const retryMsMax = 5_000

type Taken = { feed: DoctorFeed; changes: FeedChanges }
type CatchingUp = { subscriber: LiveSubscriber; catchUp: ReadonlyMap<string, readonly string[]> }

/**
 * Reads what has changed and tells it: one read at a time for all doctors whose turn it is, one message a doctor, made
 * once. What cannot be read stays to be told, and is tried again.
 *
 * `told` is a position that a connection may safely come back with: it lies before everything that is yet to be told to
 * anybody, so that a message about one doctor never claims what another doctor's next one will say.
 */
export class SlotTeller {
  readonly #deps: SlotTellerDeps
  readonly #behind: BehindList
  readonly #changed = new Set<DoctorFeed>()
  readonly #catchingUp = new Set<LiveSubscriber>()
  readonly #pacing = new Pacing()
  #horizon: bigint
  /** The oldest position of what is being told at this moment. */
  #tellingAt: bigint | null = null
  #telling: Promise<void> | null = null
  #nextReadAtMs = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(deps: SlotTellerDeps) {
    this.#deps = deps
    this.#horizon = deps.horizon
    this.#behind = new BehindList({
      ...deps.settings,
      position: () => String(this.told),
      onResync: () => {
        deps.figures.resyncs += 1
        deps.figures.messages += 1
      },
    })
  }

  get horizon(): bigint {
    return this.#horizon
  }

  get told(): bigint {
    const untold = this.#untold()
    return (this.#tellingAt !== null && this.#tellingAt < untold ? this.#tellingAt : untold) - 1n
  }

  /** Everything below the horizon has been heard, and is among the changes. */
  advance(horizon: bigint): void {
    if (horizon > this.#horizon) this.#horizon = horizon
    this.#arm()
  }

  /** The feed has something to tell. Under load it has so with every booking: its turn has come or is waited for already. */
  tell(feed: DoctorFeed): void {
    if (this.#changed.has(feed)) return
    this.#changed.add(feed)
    this.#arm()
  }

  /** The subscriber's `catchUp` is told first of all, and nothing else before it. */
  catchUp(subscriber: LiveSubscriber): void {
    this.#catchingUp.add(subscriber)
    this.#arm()
  }

  /** The subscriber has missed something. */
  fallBehind(subscriber: LiveSubscriber): void {
    this.#behind.add(subscriber)
  }

  forgetFeed(feed: DoctorFeed): void {
    this.#changed.delete(feed)
  }

  forgetSubscriber(subscriber: LiveSubscriber): void {
    this.#catchingUp.delete(subscriber)
    this.#behind.delete(subscriber)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#behind.stop()
    await this.#telling
  }

  /** Of what is not being told yet, the oldest position; else the horizon. */
  #untold(): bigint {
    let oldest = this.#horizon
    for (const { changedAt } of this.#changed) if (changedAt !== null && changedAt < oldest) oldest = changedAt
    return oldest
  }

  #arm(): void {
    if (this.#telling !== null || this.#isStopped) return
    let atMs = this.#catchingUp.size > 0 ? 0 : Number.POSITIVE_INFINITY
    for (const { nextMessageAtMs } of this.#changed) if (nextMessageAtMs < atMs) atMs = nextMessageAtMs
    if (atMs === Number.POSITIVE_INFINITY) return
    clearTimeout(this.#timer)
    const inMs = Math.ceil(Math.max(atMs, this.#nextReadAtMs) - performance.now())
    if (inMs <= 0) this.#start()
    else this.#timer = setTimeout(() => this.#start(), inMs)
  }

  #start(): void {
    this.#telling = this.#tellOnce()
      .then(() => {
        this.#failures = 0
      })
      .catch((error: unknown) => {
        if (this.#failures === 0) this.#deps.log.warn({ err: error }, 'live updates cannot read what changed')
        const pauseMs = Math.min(retryMsMax, retryMsMin * 2 ** this.#failures)
        this.#failures += 1
        this.#nextReadAtMs = performance.now() + pauseMs * (0.5 + Math.random() / 2)
      })
      .finally(() => {
        this.#telling = null
        this.#tellingAt = null
        this.#arm()
      })
  }

  async #tellOnce(): Promise<void> {
    // All that one turn of the event loop changed is told together.
    await null
    const now = performance.now()
    this.#nextReadAtMs = now + this.#deps.settings.readMs * this.#pacing.stretch
    const slotIds = new Set<string>()
    const catchingUp = this.#takeCatchingUp(slotIds)
    const taken = this.#takeChanges(slotIds, now)
    const slots = new Map<string, LiveSlot>()
    try {
      if (slotIds.size > 0) for (const slot of await this.#deps.reads.slots([...slotIds])) slots.set(slot.id, slot)
    } catch (error) {
      for (const { feed, changes } of taken) {
        feed.giveBack(changes)
        if (feed.isWatched) this.#changed.add(feed)
      }
      throw error
    }
    const position = String(this.#untold() - 1n)
    for (const one of catchingUp) this.#tellCaughtUp(one, slots, position)
    for (const { feed, changes } of taken) await this.#tellFeed(feed, changes, slots, position)
  }

  #takeCatchingUp(slotIds: Set<string>): CatchingUp[] {
    const catchingUp: CatchingUp[] = []
    for (const subscriber of this.#catchingUp) {
      const { catchUp } = subscriber
      if (catchUp === null) continue
      if (slotIds.size < slotsPerReadMax / 2) {
        for (const ids of catchUp.values()) for (const slotId of ids) slotIds.add(slotId)
        catchingUp.push({ subscriber, catchUp })
      } else {
        // Too many come back at once: these read for themselves.
        for (const doctorId of catchUp.keys()) subscriber.miss(doctorId)
        this.#caughtUp(subscriber)
      }
    }
    return catchingUp
  }

  #takeChanges(slotIds: Set<string>, now: number): Taken[] {
    const taken: Taken[] = []
    for (const feed of this.#changed) {
      if (feed.nextMessageAtMs > now) continue
      if (taken.length > 0 && slotIds.size + feed.changedSlots > slotsPerReadMax) continue
      this.#changed.delete(feed)
      const changes = feed.takeChanges()
      if (changes === null) continue
      for (const slotId of changes.slots.keys()) slotIds.add(slotId)
      if (this.#tellingAt === null || changes.at < this.#tellingAt) this.#tellingAt = changes.at
      taken.push({ feed, changes })
    }
    return taken
  }

  #tellCaughtUp({ subscriber, catchUp }: CatchingUp, slots: ReadonlyMap<string, LiveSlot>, position: string): void {
    if (subscriber.isClosed) return
    for (const [doctorId, slotIds] of catchUp) {
      if (!subscriber.doctorIds.has(doctorId)) continue
      const items = itemsOf(slotIds, slots)
      if (items.length === 0) continue
      subscriber.transport.send(new LiveFrame({ type: 'slots', doctorId, items, position }))
      this.#deps.figures.messages += 1
    }
    this.#caughtUp(subscriber)
  }

  #caughtUp(subscriber: LiveSubscriber): void {
    subscriber.catchUp = null
    this.#catchingUp.delete(subscriber)
    if (subscriber.hasMissed) this.#behind.add(subscriber)
  }

  async #tellFeed(
    feed: DoctorFeed,
    changes: FeedChanges,
    slots: ReadonlyMap<string, LiveSlot>,
    position: string,
  ): Promise<void> {
    const { doctorId, subscribers } = feed
    const changed: string[] = []
    for (const [slotId, cause] of changes.slots) {
      const slot = slots.get(slotId)
      if (slot !== undefined && feed.noteRead(slot, cause)) changed.push(slotId)
    }
    const frames: LiveFrame[] = []
    if (changed.length > 0) {
      frames.push(new LiveFrame({ type: 'slots', doctorId, items: itemsOf(changed, slots), position }))
    }
    if (changes.isResync) frames.push(new LiveFrame({ type: 'resync', doctorIds: [doctorId], position }))
    const { messageMs, messageMicrosecondsPerWatcher } = this.#deps.settings
    const pauseMs = Math.max(messageMs, (subscribers.size * messageMicrosecondsPerWatcher) / 1_000)
    if (frames.length > 0) {
      feed.nextMessageAtMs = performance.now() + frames.length * pauseMs * this.#pacing.stretch
    }
    for (const frame of frames) await this.#tellAll(feed, frame)
  }

  async #tellAll({ doctorId, subscribers }: DoctorFeed, frame: LiveFrame): Promise<void> {
    const { figures } = this.#deps
    let tells = 0
    for (const subscriber of subscribers) {
      if (subscriber.tell(doctorId, frame)) {
        figures.messages += 1
        if (frame.message.type === 'resync') figures.resyncs += 1
      } else {
        figures.dropped += 1
        this.#behind.add(subscriber)
      }
      tells += 1
      if (tells % tellsPerTurnMax === 0) await nextTurn()
    }
  }
}

function itemsOf(
  slotIds: readonly string[],
  slots: ReadonlyMap<string, LiveSlot>,
): { id: string; available: number }[] {
  return slotIds.flatMap((slotId) => {
    const slot = slots.get(slotId)
    return slot === undefined ? [] : [{ id: slot.id, available: slot.available }]
  })
}
