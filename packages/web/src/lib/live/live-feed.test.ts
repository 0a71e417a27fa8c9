import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ChannelEvents, createLiveFeed, type LiveListener, type OpenChannel, pollMs } from './live-feed.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A channel that the test controls. */
function aChannel() {
  const opened: {
    doctorIds: readonly string[]
    events: ChannelEvents
    watched: (readonly string[])[]
    isClosed: boolean
  }[] = []
  const open: OpenChannel = (doctorIds, events) => {
    const channel = { doctorIds, events, watched: [] as (readonly string[])[], isClosed: false }
    opened.push(channel)
    return {
      watch: (next) => channel.watched.push(next) > 0,
      close: () => {
        channel.isClosed = true
      },
    }
  }
  return { open, opened }
}

function aListener() {
  const received: unknown[] = []
  const listener: LiveListener = {
    slots: ({ items }) => received.push(items),
    stale: (doctorIds) => received.push(['stale', ...doctorIds]),
  }
  return { listener, received }
}

const subscribed = (...doctorIds: string[]) => JSON.stringify({ type: 'subscribed', doctorIds, position: '7' })
const slots = (doctorId: string) =>
  JSON.stringify({ type: 'slots', doctorId, items: [{ id: 's', available: 0 }], position: '8' })

test('changes reach those who watch the doctor, and data read before the subscription is read again', () => {
  const [socket, positions] = [aChannel(), [] as unknown[]]
  const feed = createLiveFeed([socket.open], (position) => positions.push(position))
  const [first, second] = [aListener(), aListener()]
  feed.watch(['a'], first.listener)
  feed.watch(['b'], second.listener)
  expect(socket.opened).toHaveLength(1)
  expect(socket.opened[0]?.watched).toEqual([['a', 'b']])
  socket.opened[0]?.events.message(subscribed('a', 'b'))
  expect(feed.state()).toBe('live')
  socket.opened[0]?.events.message(slots('a'))
  socket.opened[0]?.events.message('what is this?')
  socket.opened[0]?.events.message('{"type":"of a newer server"}')
  expect(first.received).toEqual([['stale', 'a'], [{ id: 's', available: 0 }]])
  expect(second.received).toEqual([['stale', 'b']])
  expect(positions).toEqual(['7', '8'])
})

test('without a WebSocket it uses events, without both it polls, and keeps trying', () => {
  const [socket, events] = [aChannel(), aChannel()]
  const feed = createLiveFeed([socket.open, events.open], () => undefined)
  const { listener, received } = aListener()
  feed.watch(['a'], listener)
  socket.opened[0]?.events.closed()
  expect(events.opened).toHaveLength(1)
  // Silent, so it is closed after the timeout.
  vi.advanceTimersByTime(5_000)
  expect([feed.state(), events.opened[0]?.isClosed]).toEqual(['polling', true])
  received.length = 0
  vi.advanceTimersByTime(pollMs)
  expect(received).toContainEqual(['stale', 'a'])
  expect(socket.opened.length).toBeGreaterThan(1)
  const open = [...socket.opened, ...events.opened].filter(({ isClosed }) => !isClosed)
  expect(open).toHaveLength(1)
  open[0]?.events.message(subscribed('a'))
  expect(feed.state()).toBe('live')
  received.length = 0
  vi.advanceTimersByTime(10 * pollMs)
  expect(received).toEqual([])
})

test('while every attempt fails, data is still read every ten seconds', () => {
  const socket = aChannel()
  const refused: OpenChannel = (doctorIds, events) => {
    setTimeout(() => events.closed(), 10)
    return socket.open(doctorIds, events)
  }
  const feed = createLiveFeed([refused, refused], () => undefined)
  const { listener, received } = aListener()
  feed.watch(['a'], listener)
  vi.advanceTimersByTime(6 * pollMs + 100)
  expect(feed.state()).toBe('polling')
  expect(received).toEqual(Array.from({ length: 6 }, () => ['stale', 'a']))
})

test('a lost connection is reopened by the channel that worked, and missed data is read again', () => {
  const [socket, events] = [aChannel(), aChannel()]
  const feed = createLiveFeed([socket.open, events.open], () => undefined)
  const { listener, received } = aListener()
  feed.watch(['a'], listener)
  socket.opened[0]?.events.message(subscribed('a'))
  socket.opened[0]?.events.closed()
  expect(feed.state()).toBe('connecting')
  vi.advanceTimersByTime(2_000)
  expect([socket.opened.length, events.opened.length]).toEqual([2, 0])
  received.length = 0
  socket.opened[1]?.events.message(subscribed('a'))
  expect([feed.state(), received]).toEqual(['live', [['stale', 'a']]])
})

test('intervals between attempts grow up to a minute; when the network is back it retries immediately', () => {
  const socket = aChannel()
  const feed = createLiveFeed([socket.open], () => undefined)
  feed.watch(['a'], aListener().listener)
  for (let hour = 0; hour < 60; hour += 1) {
    socket.opened.at(-1)?.events.closed()
    vi.advanceTimersByTime(60_000)
  }
  const tries = socket.opened.length
  expect(tries).toBeLessThan(70)
  socket.opened.at(-1)?.events.closed()
  feed.wake()
  expect(socket.opened.length).toBeGreaterThan(tries)
})

test('without watchers it closes the connection, and later messages of it are ignored', () => {
  const socket = aChannel()
  const feed = createLiveFeed([socket.open], () => undefined)
  const { listener, received } = aListener()
  const stop = feed.watch(['a'], listener)
  stop()
  expect(socket.opened[0]?.isClosed).toBe(true)
  socket.opened[0]?.events.message(slots('a'))
  socket.opened[0]?.events.closed()
  vi.advanceTimersByTime(60_000)
  expect([received, socket.opened.length]).toEqual([[], 1])
})
