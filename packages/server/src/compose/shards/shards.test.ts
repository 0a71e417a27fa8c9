import type { DatabasePool } from '@holdfast/engine'
import { expect, test, vi } from 'vitest'
import { ResponseCache } from '../../cache/response-cache.ts'
import { closeTogether } from '../pools/close-together.ts'
import type { OpenShard } from './open-shard.ts'
import { cacheFiguresOf, calendarFiguresOf, type OpenShards, poolsByLabel, queueDepthsOf } from './shards.ts'

const depth = (queued: number) => ({ queued, inFlight: queued + 1, slow: queued + 2 })

/** A shard whose figures are those of a number. */
function aShard(figure: number, cache = new ResponseCache({ bytesMax: 1_000 })) {
  const calendar = { loads: figure, patches: 2 * figure, doctorReads: 3, patchedSlots: 4, slots: 5, bytes: 6 * figure }
  const lists = { hits: figure, misses: 10 * figure, stale: 100 * figure, bytes: 1_000 * figure }
  return {
    engine: { queueDepths: () => ({ claims: depth(figure), admissions: depth(10 * figure) }) },
    calendar: { figures: calendar },
    slotLists: { figures: lists },
    freshness: { cache },
  } as unknown as OpenShard
}

test('the depth of each queue is the sum over all shards', () => {
  expect(queueDepthsOf({ all: [aShard(1), aShard(2), aShard(4)] })).toEqual({
    claims: { queued: 7, inFlight: 10, slow: 13 },
    admissions: { queued: 70, inFlight: 73, slow: 76 },
  })
  expect(queueDepthsOf({ all: [aShard(1)] })).toEqual({ claims: depth(1), admissions: depth(10) })
})

test('figures of calendars are summed', () => {
  expect(calendarFiguresOf({ all: [aShard(1), aShard(2)] })).toEqual({
    loads: 3,
    patches: 6,
    doctorReads: 6,
    patchedSlots: 8,
    slots: 10,
    bytes: 18,
  })
})

test('figures of caches are summed, and one that a shard shares is counted once', async () => {
  const cache = new ResponseCache({ bytesMax: 1_000_000 })
  const load = async () => ({
    body: '{}',
    etag: '',
    freshUntilMs: Number.POSITIVE_INFINITY,
    horizon: 0n,
    tags: new Set(''),
  })
  await cache.read({ key: 'a', mayBeCached: true, readAfter: null, load })
  await cache.read({ key: 'a', mayBeCached: true, readAfter: null, load })
  const { bytes } = cache.figures
  const common = { cache } as OpenShards['common']
  // One database has one cache; several have another one for lists of all.
  expect(cacheFiguresOf({ all: [aShard(1, cache)], common })).toEqual({
    hits: 2,
    misses: 11,
    stale: 100,
    loads: 2,
    bytes: bytes + 1_006,
  })
  expect(cacheFiguresOf({ all: [aShard(1), aShard(2)], common })).toEqual({
    hits: 4,
    misses: 31,
    stale: 300,
    loads: 4,
    bytes: bytes + 3_018,
  })
})

test('pools of all shards and of the directory have one label, and those of the engine their known ones', () => {
  const pool = (name: string) => ({ name }) as unknown as DatabasePool
  const pools = (of: string) => ({ batches: pool(`${of} b`), general: pool(`${of} g`), jobs: pool(`${of} j`) })
  const labelled = poolsByLabel([
    { pools: { ...pools('one'), tail: pool('one t') } },
    { pools: pools('directory') },
  ] as Parameters<typeof poolsByLabel>[0])
  const names = Object.entries(labelled).map(([label, all]) => [label, all.map((one) => Reflect.get(one, 'name'))])
  expect(Object.fromEntries(names)).toEqual({
    write: ['one b', 'directory b'],
    read: ['one g', 'directory g'],
    jobs: ['one j', 'directory j'],
    tail: ['one t'],
  })
})

test('when a server does not respond to one pool, the others to it close what is idle, and no others', () => {
  const aPool = () => ({ closeIdle: vi.fn(), onNoResponse: () => undefined }) as unknown as DatabasePool
  const [one, other, elsewhere] = [aPool(), aPool(), aPool()]
  closeTogether([one, other])
  closeTogether([elsewhere])
  const reason = new Error('It timed out.')
  one.onNoResponse(reason, 42)
  expect(other.closeIdle).toHaveBeenCalledExactlyOnceWith(reason, 42)
  expect(one.closeIdle).not.toHaveBeenCalled()
  expect(elsewhere.closeIdle).not.toHaveBeenCalled()
})
