import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLiveTheatre } from './live-theatre.ts'

/** A stream whose events the test sends. */
class Stream extends EventTarget {
  readyState = 1
  close = vi.fn()
  report() {
    this.dispatchEvent(new Event('theatre'))
  }
  fail(readyState: 0 | 2) {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function aLiveTheatre() {
  const streams: Stream[] = []
  const onChange = vi.fn()
  const scene = { isVisible: true }
  const live = createLiveTheatre({
    open() {
      const stream = new Stream()
      streams.push(stream)
      return stream as unknown as EventSource
    },
    onChange,
    isVisible: () => scene.isVisible,
  })
  const stream = (index: number) => {
    const found = streams[index]
    if (found === undefined) throw new Error(`There is no stream ${index}.`)
    return found
  }
  return { streams, stream, onChange, live, scene }
}

test('a reported change is read at once, and those that follow it closely together', () => {
  const { stream, onChange, live } = aLiveTheatre()
  stream(0).report()
  expect(live.state()).toBe('live')
  // What changed before the connection.
  vi.advanceTimersByTime(1_000)
  expect(onChange).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(500)
  onChange.mockClear()
  stream(0).report()
  expect(onChange).toHaveBeenCalledTimes(1)
  for (let n = 0; n < 5; n += 1) stream(0).report()
  expect(onChange).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(500)
  expect(onChange).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(5_000)
  expect(onChange).toHaveBeenCalledTimes(2)
  live.stop()
})

test('while nothing is reported, it is read every five seconds, unless the page is hidden', () => {
  const { stream, onChange, live, scene } = aLiveTheatre()
  stream(0).report()
  stream(0).fail(0)
  expect(live.state()).toBe('polling')
  onChange.mockClear()
  vi.advanceTimersByTime(10_000)
  expect(onChange).toHaveBeenCalledTimes(2)
  scene.isVisible = false
  vi.advanceTimersByTime(10_000)
  expect(onChange).toHaveBeenCalledTimes(2)
  stream(0).report()
  expect(live.state()).toBe('live')
  live.stop()
})

test('while changes are reported, it is read every half minute: what becomes late is not reported', () => {
  const { stream, onChange, live } = aLiveTheatre()
  stream(0).report()
  vi.advanceTimersByTime(1_500)
  onChange.mockClear()
  vi.advanceTimersByTime(60_000)
  expect(onChange).toHaveBeenCalledTimes(2)
  live.stop()
})

test('a stream that the server has closed is opened again after half a minute', () => {
  const { streams, stream, live } = aLiveTheatre()
  stream(0).fail(2)
  vi.advanceTimersByTime(29_000)
  expect(streams).toHaveLength(1)
  vi.advanceTimersByTime(1_000)
  expect(streams).toHaveLength(2)
  live.stop()
})

test('nothing is read after it was stopped', () => {
  const { stream, onChange, live } = aLiveTheatre()
  live.stop()
  expect(stream(0).close).toHaveBeenCalled()
  stream(0).report()
  stream(0).fail(2)
  vi.advanceTimersByTime(60_000)
  expect(onChange).not.toHaveBeenCalled()
})
