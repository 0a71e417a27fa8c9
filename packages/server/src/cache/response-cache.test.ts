import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SlotChange } from './changes.ts'
import { type LoadedResponse, ResponseCache } from './response-cache.ts'

const response = (text: string, wishes: Partial<LoadedResponse> = {}): LoadedResponse => ({
  body: text,
  etag: `W/"${text}"`,
  freshUntilMs: Number.POSITIVE_INFINITY,
  horizon: 0n,
  tags: new Set(['doctor:1']),
  ...wishes,
})

/** Loads that the test releases one by one. */
function heldLoads() {
  const loads: { give(text: string, wishes?: Partial<LoadedResponse>): void; fail(error: Error): void }[] = []
  const load = () =>
    new Promise<LoadedResponse>((resolve, reject) => {
      loads.push({ give: (text, wishes) => resolve(response(text, wishes)), fail: reject })
    })
  return { load, loads }
}

const lost = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const textOf = async (response: Promise<{ body: string; isStale: boolean }>) => {
  const { body, isStale } = await response
  return `${body}${isStale ? ' (stale)' : ''}`
}

describe('ResponseCache', () => {
  const open = () => new ResponseCache({ bytesMax: 1_000_000 })
  const query = (load: () => Promise<LoadedResponse>, wishes = {}) => ({
    key: 'k',
    mayBeCached: true,
    readAfter: null,
    load,
    ...wishes,
  })

  test('a thousand concurrent requests cost one load, and later ones none', async () => {
    const cache = open()
    const held = heldLoads()
    const reading = Array.from({ length: 1000 }, () => textOf(cache.read(query(held.load))))
    expect(held.loads).toHaveLength(1)
    held.loads[0]?.give('a')
    expect(new Set(await Promise.all(reading))).toEqual(new Set(['a']))
    expect(await textOf(cache.read(query(held.load)))).toBe('a')
    expect(held.loads).toHaveLength(1)
    expect(cache.figures).toMatchObject({ hits: 1, misses: 1000, loads: 1 })
  })

  test('a dropped response is loaded again; one without that tag stays cached', async () => {
    const cache = open()
    const held = heldLoads()
    for (const [key, tag] of [
      ['a', 'doctor:1'],
      ['b', 'doctor:2'],
    ] as const) {
      const reading = cache.read(query(held.load, { key }))
      held.loads.at(-1)?.give(key, { tags: new Set([tag]) })
      await reading
    }
    cache.drop([{ tag: 'doctor:1' }])
    expect(cache.current('a')).toBeUndefined()
    expect(cache.current('b')?.body).toBe('b')
  })

  test('dropped during a load: earlier requests get it, later ones a new load, and it is not cached', async () => {
    for (const change of [{ tag: 'doctor:1' }, null]) {
      const cache = open()
      const held = heldLoads()
      const before = textOf(cache.read(query(held.load)))
      cache.drop([change])
      const after = [textOf(cache.read(query(held.load))), textOf(cache.read(query(held.load)))]
      expect(held.loads).toHaveLength(2)
      held.loads[1]?.give('new')
      expect(await Promise.all(after)).toEqual(['new', 'new'])
      held.loads[0]?.give('old')
      expect(await before).toBe('old')
      expect(cache.current('k')?.body).toBe('new')
      expect(held.loads).toHaveLength(2)
    }
  })

  test('a slot changed during a load, which outdates it: later requests wait for it, then load once more', async () => {
    const cache = open()
    const held = heldLoads()
    const before = textOf(cache.read(query(held.load)))
    cache.drop([{ tag: 'doctor:1', slot: { doctorId: '1', startsAtMs: 0, available: 0 } }])
    const after = [textOf(cache.read(query(held.load))), textOf(cache.read(query(held.load)))]
    held.loads[0]?.give('old')
    expect(await before).toBe('old')
    expect(cache.current('k')).toBeUndefined()
    expect(held.loads).toHaveLength(2)
    held.loads[1]?.give('new')
    expect(await Promise.all(after)).toEqual(['new', 'new'])
    expect(cache.current('k')?.body).toBe('new')
    expect(held.loads).toHaveLength(2)
  })

  test('dropped during a load by what does not concern it: later requests get it too, and it is cached', async () => {
    const cache = open()
    const held = heldLoads()
    const slot = { doctorId: '1', startsAtMs: 0, available: 0 }
    const isChangedBy = ({ available }: SlotChange) => available !== 0
    const before = textOf(cache.read(query(held.load)))
    cache.drop([
      { tag: 'doctor:2', slot },
      { tag: 'doctor:1', slot },
    ])
    const after = textOf(cache.read(query(held.load)))
    held.loads[0]?.give('same', { isChangedBy })
    expect([await before, await after, cache.current('k')?.body]).toEqual(['same', 'same', 'same'])
    expect(held.loads).toHaveLength(1)
    cache.drop([{ tag: 'doctor:1', slot }])
    expect(cache.current('k')).toBeDefined()
    cache.drop([{ tag: 'doctor:1', slot: { ...slot, available: 1 } }])
    expect(cache.current('k')).toBeUndefined()
  })

  test('after more changes than are stored, a response is loaded again if it was not read meanwhile', async () => {
    const cache = open()
    const held = heldLoads()
    const first = textOf(cache.read(query(held.load)))
    held.loads[0]?.give('a')
    await first
    for (let n = 0; n < 10_000; n += 1) {
      cache.drop([{ tag: 'doctor:2' }])
      if (n % 1_000 === 0) expect(cache.current('k')).toBeDefined()
    }
    for (let n = 0; n < 10_000; n += 1) cache.drop([{ tag: 'doctor:2' }])
    expect(cache.current('k')).toBeUndefined()
  })

  test('a request that must see a write gets a load that began after it; others get the cached response', async () => {
    const cache = open()
    const held = heldLoads()
    const first = cache.read(query(held.load))
    held.loads[0]?.give('before 5', { horizon: 5n })
    await first
    expect(await textOf(cache.read(query(held.load, { readAfter: 4n })))).toBe('before 5')
    const after = textOf(cache.read(query(held.load, { readAfter: 5n })))
    const beside = textOf(cache.read(query(held.load, { readAfter: 5n })))
    expect(held.loads).toHaveLength(3)
    expect(await textOf(cache.read(query(held.load)))).toBe('before 5')
    held.loads[1]?.give('before 6', { horizon: 6n })
    held.loads[2]?.give('before 6, too', { horizon: 6n })
    expect([await after, await beside]).toEqual(['before 6', 'before 6, too'])
    expect(await textOf(cache.read(query(held.load, { readAfter: 5n })))).toBe('before 6, too')
    expect(held.loads).toHaveLength(3)
  })

  test('a client that has seen newer data gets neither the cached response nor a running load', async () => {
    const cache = open()
    const held = heldLoads()
    const first = cache.read(query(held.load))
    const own = textOf(cache.read(query(held.load, { mayBeCached: false })))
    expect(held.loads).toHaveLength(2)
    held.loads[0]?.give('old')
    await first
    held.loads[1]?.give('new')
    expect(await own).toBe('new')
    const again = textOf(cache.read(query(held.load, { mayBeCached: false })))
    held.loads[2]?.give('newer')
    expect(await again).toBe('newer')
  })

  test('a response is not served after freshUntilMs', async () => {
    vi.useFakeTimers({ now: 1_000, toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const cache = open()
    const held = heldLoads()
    const reading = cache.read(query(held.load))
    held.loads[0]?.give('until 2000', { freshUntilMs: 2_000 })
    await reading
    vi.setSystemTime(1_999)
    expect(cache.current('k')).toBeDefined()
    vi.setSystemTime(2_000)
    expect(cache.current('k')).toBeUndefined()
  })

  test('without the database the last response is served as stale; other errors are thrown', async () => {
    const cache = open()
    const held = heldLoads()
    const reading = cache.read(query(held.load))
    held.loads[0]?.give('last known')
    await reading
    cache.drop([{ tag: 'doctor:1' }])
    const stale = textOf(cache.read(query(held.load)))
    held.loads[1]?.fail(lost())
    expect(await stale).toBe('last known (stale)')
    const wrong = cache.read(query(held.load))
    held.loads[2]?.fail(new Error('a bug'))
    await expect(wrong).rejects.toThrow('a bug')
    const unknown = cache.read(query(held.load, { key: 'other' }))
    held.loads[3]?.fail(lost())
    await expect(unknown).rejects.toThrow('ECONNREFUSED')
  })

  test('while changes are not received, nothing cached is served, now or later', async () => {
    const cache = open()
    const held = heldLoads()
    const first = cache.read(query(held.load))
    held.loads[0]?.give('a')
    await first
    cache.trust(false)
    const second = textOf(cache.read(query(held.load)))
    held.loads[1]?.give('b')
    expect(await second).toBe('b')
    expect(cache.current('k')).toBeUndefined()
    cache.trust(true)
    expect(cache.current('k')).toBeUndefined()
  })

  test('bounded in bytes: the least recently used response is removed, with its tags', async () => {
    const cache = new ResponseCache({ bytesMax: 20_000 })
    for (let n = 0; n < 100; n += 1) {
      await cache.read(
        query(async () => response('x'.repeat(1_000), { tags: new Set([`doctor:${n}`]) }), {
          key: `k${n}`,
        }),
      )
    }
    expect(cache.figures.bytes).toBeLessThanOrEqual(20_000)
    const cached = Array.from({ length: 100 }, (_, n) => cache.current(`k${n}`)).filter((entry) => entry !== undefined)
    expect(cached.length).toBeGreaterThan(5)
    expect(cache.current('k0')).toBeUndefined()
    expect(cache.current('k99')).toBeDefined()
    // Larger than a quarter of the cache: returned, but not cached.
    await cache.read(query(async () => response('x'.repeat(6_000)), { key: 'large' }))
    expect(cache.current('large')).toBeUndefined()
  })
})
