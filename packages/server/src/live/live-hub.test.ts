import type { LiveServerMessage } from '@holdfast/contract'
import type { Position } from '@holdfast/contract/position'
import type { LogEntry } from '@holdfast/engine'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChangeListener, LogListener } from '../calendar/calendar-change.ts'
import { createLogger } from '../observe/logger.ts'
import { LiveHub, type LiveHubDeps } from './live-hub.ts'
import { liveDefaults } from './live-settings.ts'

// Its clock is the monotonic one: nothing here is the database's, so nothing needs to pass.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const doctorId = (n: number) => `0192f8a0-0000-8000-8004-${String(n).padStart(12, '0')}`
const [a, b] = [doctorId(1), doctorId(2)]

class FakeCalendar {
  horizon = 10n
  /** Null: as far as the horizon. */
  emitted: bigint | null = null
  readonly available = new Map<string, number>()
  readonly watchers = new Map<string, number>()
  readonly reads: (readonly string[])[] = []
  lapsed: string[] = []
  isAway = false
  isReadAway = false
  emit: ChangeListener = () => undefined
  note: LogListener = () => undefined

  get emittedBefore(): bigint {
    return this.emitted ?? this.horizon
  }

  onChange(listener: ChangeListener) {
    this.emit = listener
  }

  onLog(listener: LogListener) {
    this.note = listener
  }

  async watch(doctorIds: readonly string[]) {
    if (this.isAway) throw new Error('away')
    const known = doctorIds.filter((one) => one === a || one === b)
    for (const one of known) this.watchers.set(one, (this.watchers.get(one) ?? 0) + 1)
    return new Map(known.map((one) => [one, { isPartial: false, lapsed: this.lapsed }]))
  }

  unwatch(one: string) {
    this.watchers.set(one, (this.watchers.get(one) ?? 0) - 1)
  }

  async read(slotIds: readonly string[]) {
    this.reads.push(slotIds)
    if (this.isReadAway) throw new Error('away')
    return new Map(slotIds.map((id) => [id, this.available.get(id) ?? 0]))
  }

  /** The log reports a booking, and the calendar knows its value at once. */
  book(doctor: string, slotId: string, available: number): void {
    const at = this.horizon
    this.log([{ kind: 'booking', type: 'confirmed', xid: at, doctorId: doctor, slotId }])
    this.available.set(slotId, available)
    this.emit({ kind: 'slot', doctorId: doctor, slotId, available, at, cause: 'event' })
  }

  log(entries: Partial<LogEntry>[]): void {
    const common = { fromDoctorId: null, fromSlotId: null }
    this.note(
      entries.map((entry) => ({ ...common, ...entry }) as LogEntry),
      this.horizon + 1n,
    )
    this.horizon += 1n
  }
}

function aHub() {
  const calendar = new FakeCalendar()
  const transactionAt = vi.fn(({ epoch, transaction }: Position) => (epoch === 7 ? transaction : 2n ** 64n))
  const hub = new LiveHub({
    calendar: calendar as LiveHubDeps['calendar'],
    tail: { epoch: 7, transactionAt },
    settings: liveDefaults,
    log: createLogger('silent'),
  })
  const connect = () => {
    const { subscriber, received } = connectTo(hub)
    return {
      subscriber,
      received,
      subscribe: (ids: string[], after: bigint | null = null, epoch = 7) =>
        hub.subscribe(subscriber, ids, after === null ? null : [{ epoch, transaction: after }]),
    }
  }
  return { hub, calendar, transactionAt, connect }
}

function connectTo(hub: LiveHub) {
  const received: LiveServerMessage[] = []
  const subscriber = hub.connect({
    kind: 'socket',
    send: (frame) => received.push(frame.message),
    bufferedBytes: () => 0,
    end: () => undefined,
    destroy: () => undefined,
    beat: () => undefined,
  })
  return { subscriber, received }
}

/** Lets the promises go on, and the timers of these milliseconds. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

describe('a position', () => {
  test('lies before every change that has not been sent, of any doctor', async () => {
    const { calendar, connect } = aHub()
    const client = connect()
    await client.subscribe([a, b])
    calendar.book(a, 'a1', 5)
    await pass()
    // Doctor a has just been sent a message, so this one waits.
    calendar.book(a, 'a1', 4)
    calendar.book(b, 'b1', 3)
    await pass()
    expect(client.received.at(-1)).toMatchObject({ type: 'slots', doctorId: b, position: '7.10' })
    await pass(100)
    expect(client.received.at(-1)).toMatchObject({ doctorId: a, items: [{ id: 'a1', available: 4 }], position: '7.12' })
    // The calendar still reads what changed at 12.
    calendar.emitted = 12n
    const late = connect()
    await late.subscribe([b])
    expect(late.received).toEqual([{ type: 'subscribed', doctorIds: [b], position: '7.11' }])
  })

  test('of messages sent together: only the last one that a client receives includes the changes', async () => {
    const { calendar, connect } = aHub()
    const [both, one] = [connect(), connect()]
    await both.subscribe([a, b])
    await one.subscribe([a])
    calendar.book(a, 'a1', 5)
    calendar.book(b, 'b1', 3)
    await pass()
    expect(both.received.slice(1)).toMatchObject([
      { doctorId: a, position: '7.9' },
      { doctorId: b, position: '7.11' },
    ])
    expect(one.received.slice(1)).toMatchObject([{ doctorId: a, position: '7.11' }])
    // Cut between the two, it resumes from the first one's position.
    const resumed = connect()
    await resumed.subscribe([a, b], 9n)
    await pass()
    const items = resumed.received.flatMap((message) => (message.type === 'slots' ? message.items : []))
    expect(items.map(({ id }) => id)).toEqual(['a1', 'b1'])
  })

  test('of a resync is after the changes, and after all messages sent with it', async () => {
    const { calendar, connect } = aHub()
    const client = connect()
    await client.subscribe([a, b])
    calendar.emit({ kind: 'doctor', doctorId: a, at: 10n })
    calendar.book(b, 'b1', 3)
    await pass()
    expect(client.received.slice(1)).toMatchObject([
      { type: 'slots', doctorId: b, position: '7.9' },
      { type: 'resync', doctorIds: [a], position: '7.10' },
    ])
  })

  test('of a message includes what it contains', async () => {
    const { calendar, connect } = aHub()
    const client = connect()
    await client.subscribe([a])
    for (let n = 9; n > 0; n -= 1) calendar.book(a, 'a1', n)
    await pass(1_000)
    expect(client.received.slice(1)).toEqual([
      { type: 'slots', doctorId: a, items: [{ id: 'a1', available: 1 }], position: '7.18' },
    ])
  })
})

describe('a client that resumes', () => {
  test('with a position of another epoch gets a resync at the position that is reached', async () => {
    const { calendar, connect } = aHub()
    calendar.book(a, 'a1', 5)
    for (const [after, epoch] of [
      [10n, 6],
      [10n, 8],
      [1n, 0],
    ] as const) {
      const client = connect()
      await client.subscribe([a], after, epoch)
      expect(client.received).toEqual([
        { type: 'subscribed', doctorIds: [a], position: `${epoch}.${after}` },
        { type: 'resync', doctorIds: [a], position: '7.10' },
      ])
    }
  })

  test('with positions of other shards alone gets a resync, and one of this shard is found among them', async () => {
    const { calendar, hub, transactionAt } = aHub()
    calendar.book(a, 'a1', 5)
    const elsewhere = { epoch: 1_020_080_000_000_001, transaction: 10n }
    const resumed = async (after: Position[]) => {
      const client = connectTo(hub)
      await hub.subscribe(client.subscriber, [a], after)
      await pass()
      return client.received
    }
    // Its first position is before everything: if the connection is lost now, the next one gets a resync too.
    expect(await resumed([elsewhere])).toEqual([
      { type: 'subscribed', doctorIds: [a], position: '7.0' },
      { type: 'resync', doctorIds: [a], position: '7.10' },
    ])
    expect(await resumed([{ epoch: 7, transaction: 0n }])).toHaveLength(2)
    expect(transactionAt).toHaveBeenCalledTimes(2)
    expect(transactionAt).not.toHaveBeenCalledWith(elsewhere)
    // The controls: what changed since its own position, and nothing of what it has seen.
    const slots = { type: 'slots', doctorId: a, items: [{ id: 'a1', available: 5 }], position: '7.10' }
    expect(await resumed([elsewhere, { epoch: 7, transaction: 9n }])).toContainEqual(slots)
    expect(await resumed([elsewhere, { epoch: 7, transaction: 10n }])).toEqual([
      { type: 'subscribed', doctorIds: [a], position: '7.10' },
    ])
  })

  test('receives what the log and the holds say has changed since, in one read for all who wait', async () => {
    const { calendar, connect } = aHub()
    calendar.book(a, 'a1', 5)
    calendar.book(a, 'a2', 4)
    calendar.book(b, 'b1', 3)
    calendar.lapsed = ['lapsed']
    const clients = Array.from({ length: 5 }, connect)
    await Promise.all(clients.map((client) => client.subscribe([a], 10n)))
    await pass()
    for (const { received } of clients) {
      expect(received).toEqual([
        { type: 'subscribed', doctorIds: [a], position: '7.10' },
        {
          type: 'slots',
          doctorId: a,
          items: [
            { id: 'a2', available: 4 },
            { id: 'lapsed', available: 0 },
          ],
          position: '7.12',
        },
      ])
    }
    // One for the first, and one for all the others.
    expect(calendar.reads).toHaveLength(2)
  })

  test("receives the lapses of other subscribers' time, which are not in the log", async () => {
    const { calendar, connect } = aHub()
    await connect().subscribe([a])
    calendar.available.set('a1', 1)
    calendar.emit({ kind: 'slot', doctorId: a, slotId: 'a1', available: 1, at: calendar.horizon, cause: 'lapse' })
    await pass()
    const late = connect()
    await late.subscribe([a], 9n)
    await pass()
    expect(late.received.at(-1)).toMatchObject({ type: 'slots', items: [{ id: 'a1', available: 1 }] })
  })

  test('receives a resync if its slots cannot be read, or too many clients resume', async () => {
    const { calendar, connect } = aHub()
    for (let n = 0; n < 999; n += 1) for (const one of [a, b]) calendar.book(one, `${one} ${n}`, 1)
    calendar.isReadAway = true
    const away = connect()
    await away.subscribe([a, b], 10n)
    await pass()
    expect(away.received.at(-1)).toMatchObject({ type: 'resync', doctorIds: [a, b] })
    calendar.isReadAway = false
    calendar.lapsed = Array.from({ length: 600 }, (_, n) => `lapsed ${n}`)
    const clients = Array.from({ length: 3 }, connect)
    await Promise.all(clients.map((client) => client.subscribe([a, b], 10n)))
    await pass()
    expect(clients.map(({ received }) => received.at(-1)?.type)).toEqual(['slots', 'slots', 'resync'])
  })

  test('receives a resync if everything may have changed, and an error while the database is away', async () => {
    const { calendar, connect } = aHub()
    calendar.isAway = true
    const client = connect()
    await expect(client.subscribe([a], 9n)).resolves.toEqual({ kind: 'unavailable' })
    calendar.isAway = false
    calendar.emit({ kind: 'all', at: calendar.horizon })
    await client.subscribe([a], 9n)
    expect(client.received.at(-1)).toMatchObject({ type: 'resync', doctorIds: [a] })
  })
})

describe('the calendar', () => {
  test('watches a doctor once for each subscription, until it ends', async () => {
    const { hub, calendar, connect } = aHub()
    const [one, other, gone] = [connect(), connect(), connect()]
    await one.subscribe([a, b])
    await one.subscribe([a, a])
    await other.subscribe([a, doctorId(3)])
    const opening = gone.subscribe([a])
    hub.disconnect(gone.subscriber)
    await opening
    expect(Object.fromEntries(calendar.watchers)).toEqual({ [a]: 2, [b]: 1 })
    expect(hub.figures).toMatchObject({ subscriptions: 3, connections: { socket: 2 } })
    hub.unsubscribe(one.subscriber, [a, a])
    hub.disconnect(one.subscriber)
    hub.disconnect(one.subscriber)
    hub.disconnect(other.subscriber)
    expect(Object.fromEntries(calendar.watchers)).toEqual({ [a]: 0, [b]: 0 })
    expect(hub.figures).toMatchObject({ subscriptions: 0, connections: { socket: 0 } })
    expect(gone.received).toEqual([])
  })

  test('that changes a doctor: resync of that doctor; more than 1,000 slots too', async () => {
    const { calendar, connect } = aHub()
    const client = connect()
    await client.subscribe([a, b])
    calendar.emit({ kind: 'doctor', doctorId: a, at: 10n })
    for (let n = 0; n < 1_001; n += 1) calendar.book(b, `slot ${n}`, 1)
    await pass()
    expect(client.received.slice(1)).toMatchObject([{ type: 'resync', doctorIds: [a, b] }])
  })
})
