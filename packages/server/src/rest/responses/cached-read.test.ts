import { positionText } from '@holdfast/contract/position'
import { createCalendarReads } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect, test, vi } from 'vitest'
import { numberEpochsAsShard } from '../../../test/number-epochs-as-shard.ts'
import { openFreshness } from '../../cache/freshness.ts'
import { Calendar } from '../../calendar/calendar.ts'
import { SlotLists } from '../../calendar/slot-lists.ts'
import { createLogger } from '../../observe/logger.ts'
import { cachedRead, requestedPosition } from './cached-read.ts'

type Deps = Parameters<typeof requestedPosition>[0]

/** The tail of a plain database, whose epochs are seconds since 1970. */
const plainTail = (epoch = 3) => ({ epoch, horizon: 500n, transactionAt: vi.fn(() => 42n) })
const requested = (position: string, tail = plainTail()) =>
  requestedPosition(
    { freshness: { tail } as unknown as Deps['freshness'] },
    { headers: { 'holdfast-position': position } },
  )

test('a position of an earlier epoch is replaced by the current one', () => {
  expect(requested('2.9000')).toEqual({ readAfter: 42n, headers: { 'holdfast-position': '3.499' } })
})

test('a position of this epoch, or of a later one that this server has not noticed yet, is not replaced', () => {
  for (const position of ['3.9000', '4.10']) {
    expect(requested(position)).toEqual({ readAfter: 42n, headers: null })
  }
})

test('on a plain database, a position of weeks ago is of an earlier epoch, and not of another shard', () => {
  const [before, now] = ['2026-10-01T00:00:00Z', '2026-11-25T17:00:00Z'].map((time) => Date.parse(time) / 1_000)
  const replaced = { readAfter: 42n, headers: { 'holdfast-position': `${now}.499` } }
  expect(requested(`${before}.9000`, plainTail(now))).toEqual(replaced)
})

test('positions of other shards say nothing here: the tail does not even look for their epochs', () => {
  const tail = plainTail(1_020_080_000_000_005)
  for (const position of ['1020070000000009.9000', '1020090000000001.9000', '1764000000.9000', '77']) {
    expect(requested(position, tail)).toEqual({ readAfter: null, headers: null })
  }
  expect(tail.transactionAt).not.toHaveBeenCalled()
  // The control: of this shard, an earlier and a later epoch mean what they mean on a plain database.
  expect(requested('1020090000000001.1,1020080000000004.9000', tail)).toEqual({
    readAfter: 42n,
    headers: { 'holdfast-position': '1020080000000005.499' },
  })
  expect(requested('1020080000000006.9000,1020090000000001.1', tail)).toEqual({ readAfter: 42n, headers: null })
  expect(tail.transactionAt.mock.calls).toEqual([
    [{ epoch: 1_020_080_000_000_004, transaction: 9_000n }],
    [{ epoch: 1_020_080_000_000_006, transaction: 9_000n }],
  ])
})

databaseTest(
  'a read with a position of another shard is served from memory; with one that is not reached, from the database',
  async ({ database }) => {
    await numberEpochsAsShard(database, 102_009)
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
    const log = createLogger('silent')
    const [pool, listenUrl] = [database.appPool, database.sessionUrl]
    const freshness = await openFreshness({ pool, listenUrl, cacheBytesMax: 1_000_000, log })
    const { tail } = freshness
    expect(tail.epoch).toBe(1_020_090_000_000_001)
    const calendar = new Calendar({ tail, reads: createCalendarReads(pool), bytesMax: 1_000_000, log })
    const lists = new SlotLists({ calendar, bytesMax: 1_000_000 })
    const day = slot.startsAt.toISOString().slice(0, 10)
    const deps = { freshness } as unknown as Parameters<typeof cachedRead>[0]
    const load = vi.fn(async () => ({ body: {}, tags: ['a tag'] }))
    const wake = vi.spyOn(tail, 'wake')
    // How often a read woke the tail; so do the database's notifications, at any time.
    let wakes = 0
    /** Whether the list of slots, and another public read, are there at once. */
    const atOnce = async (position: string) => {
      const request = { headers: { 'holdfast-position': position } }
      const before = wake.mock.calls.length
      const { readAfter } = requestedPosition(deps, request)
      const list = lists.read(slot.doctorId, { from: day, to: day, onlyAvailable: false }, readAfter)
      const response = cachedRead(deps, request, { key: 'a key', isList: true, load })
      wakes += wake.mock.calls.length - before
      const found = [list, response].map((one) => !(one instanceof Promise))
      await Promise.all([list, response])
      return found
    }
    await atOnce('1764000000.1')
    const loads = { lists: calendar.figures.loads, reads: load.mock.calls.length }
    const unreached = 2n ** 63n
    for (const epoch of [1_020_080_000_000_001, 1_020_100_000_000_001, 1_764_000_000]) {
      expect(await atOnce(positionText(epoch, unreached))).toEqual([true, true])
    }
    expect({ lists: calendar.figures.loads, reads: load.mock.calls.length }).toEqual(loads)
    expect(wakes).toBe(0)
    // The control: of this shard, before and after a failover, and not reached yet.
    for (const epoch of [1_020_090_000_000_000, 1_020_090_000_000_001, 1_020_090_000_000_002]) {
      const positions = `${positionText(1_020_100_000_000_001, 1n)},${positionText(epoch, unreached)}`
      expect(await atOnce(positions)).toEqual([false, false])
    }
    expect(calendar.figures.loads).toBe(loads.lists + 3)
    expect(load).toHaveBeenCalledTimes(loads.reads + 3)
    // The later epoch may have begun already: once for each reading of the header.
    expect(wakes).toBe(2)
    calendar.stop()
    await freshness.stop()
  },
)
