import { positionsMax } from '@holdfast/contract/position'
import { beforeEach, expect, test, vi } from 'vitest'

/** What was sent with each request. The next response has this position. */
let sent: (string | null)[] = []
let next: string | null = null
let page: typeof import('./position.ts')

beforeEach(async () => {
  ;[sent, next] = [[], null]
  vi.stubGlobal('window', { location: { origin: 'http://localhost' } })
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request.headers.get('Holdfast-Position'))
    return new Response('{}', next === null ? {} : { headers: { 'Holdfast-Position': next } })
  })
  // A page that has just been opened.
  vi.resetModules()
  page = await import('./position.ts')
  return () => vi.unstubAllGlobals()
})

const get = () => page.positionFetch('http://localhost/api/v1/doctors')
const post = (position: string) => {
  next = position
  return page.positionFetch('http://localhost/api/v1/bookings', { method: 'POST' })
}

test('a page sends the newest position with each read, and none before it knows one', async () => {
  await get()
  await post('1764000000.7')
  await get()
  page.notePosition('1764000000.6')
  page.notePosition('what is this?')
  page.notePosition(null)
  await get()
  page.notePosition('1764000000.8')
  await get()
  // After a failover, also one weeks later.
  page.notePosition('1768000000.3')
  await get()
  expect(sent).toEqual([null, null, '1764000000.7', '1764000000.7', '1764000000.8', '1768000000.3'])
})

test('of several shards, it sends the newest position of each', async () => {
  await post('1020080000000001.900')
  await post('1020090000000001.5')
  // A live connection with doctors of three shards sends such a position: one of them is newer, one is older.
  page.notePosition('1020080000000001.901,1020090000000001.4,1020100000000001.1')
  await get()
  expect(sent.at(-1)?.split(',').toSorted()).toEqual([
    '1020080000000001.901',
    '1020090000000001.5',
    '1020100000000001.1',
  ])
  // The control: compared as positions of one log, the write of the first shard would be forgotten.
  expect(1_020_090_000_000_001).toBeGreaterThan(1_020_080_000_000_001)
})

test('of more shards than a server accepts, it sends those that it has heard of last', async () => {
  for (let n = 0; n < positionsMax; n += 1) page.notePosition(`${102_008 + n}0000000001.1`)
  page.notePosition('1020080000000001.2')
  page.notePosition('9000000000000001.1')
  await get()
  const positions = sent.at(-1)?.split(',') ?? []
  expect(positions).toHaveLength(positionsMax)
  expect(positions).toEqual(expect.arrayContaining(['1020080000000001.2', '9000000000000001.1']))
  expect(positions).not.toContain('1020090000000001.1')
})
