import { notPlaced, type Shard } from '@holdfast/engine/shards'
import { ShardNotWritten } from '@holdfast/engine/write-shard-schemas'
import { aShard, until } from '@holdfast/testkit'
import { afterEach, expect, test } from 'vitest'
import { StartError } from '../../lifecycle/start-error.ts'
import { createLogger } from '../../observe/logger.ts'
import { type FollowingShards, followShards } from './follow-shards.ts'

const checkMsDefault = 100
let following: FollowingShards | null = null
afterEach(() => following?.stop())

/** Two shards on two nodes, which are where the test says. @param begin what is known of the first at the start */
function scene({ begin = (first: Shard) => first, checkMs = checkMsDefault } = {}) {
  const first = aShard(1, { port: 1 })
  const second = aShard(2, { port: 3 })
  const opened = [begin(first), second]
  const pools = new Map(opened.map((each) => [each, { onShardMoved: (_: Error): void => undefined }]))
  const [firstPool] = pools.values()
  const done: string[] = []
  const state = {
    found: [first, second],
    reads: 0,
    failure: null as Error | null,
    failing: '',
    /** The schemas that are refused. */
    refused: [] as string[],
    /** The ports of the nodes that these wait for; none: for another reason. */
    waitsFor: [] as number[],
    /** The ports of the nodes that do not respond. */
    away: [] as number[],
    /** The addresses of the nodes that were away for the last write. */
    awayAtLastWrite: [] as string[],
    /** How often it had looked, at each write. */
    readsAtWrites: [] as number[],
    /** The times of the writes. */
    writtenAtMs: [] as number[],
    /** Runs when something is written, before it fails. */
    onWrite: (): void => undefined,
    untidy: 0,
    places: [] as string[],
    done,
  }
  following = followShards(
    new Map(Array.from(pools, ([each, pool]) => [each, { allPools: [pool], name: each.schema }])),
    {
      async read() {
        state.reads += 1
        return state.found
      },
      away: async () => new Map(state.away.map((port) => [`node:${port}`, new Error('It is away.')])),
      async write(schemas, away) {
        done.push(`write ${schemas}`)
        state.awayAtLastWrite = [...away.keys()]
        state.readsAtWrites.push(state.reads)
        state.writtenAtMs.push(performance.now())
        state.onWrite()
        if (state.failure !== null && String(schemas).includes(state.failing)) throw state.failure
        const { refused } = state
        const waitsFor = state.waitsFor.map((port) => ({ host: 'node', port }))
        const refusal = { reason: 'Its own rows are on no node.', waitsFor, isFinal: waitsFor.length === 0 }
        return new Map(refused.map((schema) => [schema, refusal]))
      },
      relocate({ name }, { host, port }) {
        done.push(`relocate ${name} to ${port}`)
        state.places.push(host)
      },
      async dropFormer() {
        done.push('drop former')
        state.untidy -= 1
        if (state.untidy >= 0) throw new Error('It is in use.')
      },
      log: createLogger('silent'),
      checkMs,
    },
  )
  return { done, state, first, second, following, findMissing: () => firstPool?.onShardMoved(new Error('moved')) }
}

/** Two shards that were moved, and have been refused three times because they wait for a node. */
async function twoRefused(options: Parameters<typeof scene>[0] = {}) {
  const its = scene(options)
  const { state, done, first, second } = its
  state.refused = ['holdfast_1', 'holdfast_2']
  state.waitsFor = [9]
  state.found = [
    { ...first, port: 2 },
    { ...second, port: 4 },
  ]
  await untilDone(done, 8)
  return its
}

const untilDone = (done: string[], count: number) =>
  until(
    async () => (done.length >= count ? done : undefined),
    () => done.join(', '),
    10_000,
  )

test('a shard that was moved is written on its new node, its pools follow, and the rest is dropped', async () => {
  const { state, done, first, second } = scene()
  state.found = [{ ...first, port: 2 }, second]
  expect(await untilDone(done, 3)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 2', 'drop former'])
  const reads = state.reads
  await untilReads(state, reads + 2)
  expect(done).toHaveLength(3)
})

test('a write that fails is repeated once a period, however many statements find the shard missing', async () => {
  const { state, done, first, second, findMissing } = scene()
  state.failure = new Error('the node is away')
  state.found = [{ ...first, port: 2 }, second]
  const beganAt = performance.now()
  const statements = setInterval(findMissing, 1)
  await untilDone(done, 4)
  clearInterval(statements)
  expect(performance.now() - beganAt).toBeGreaterThan(2 * checkMsDefault * 0.9)
  const tries = ['write holdfast_1', 'write holdfast_1', 'write holdfast_1']
  expect(done.slice(0, 4)).toEqual([...tries, 'relocate holdfast_1 to 2'])
  // Nothing is read any more from the node that it has left.
  expect(state.places).toEqual(['/nonexistent'])
  state.failure = null
  await until(
    async () => (state.places.includes('node') ? true : undefined),
    () => done.join(', '),
    10_000,
  )
})

test('a shard whose node was away at the start is written there, and its pools are led there', async () => {
  const { done } = scene({ begin: notPlaced })
  expect(await untilDone(done, 3)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 1', 'drop former'])
})

test('what cannot be dropped is tried again after 60 checks, until it is', async () => {
  const { state, done, first, second } = scene({ checkMs: 10 })
  state.untidy = 1
  state.found = [{ ...first, port: 2 }, second]
  const beganAt = performance.now()
  expect((await untilDone(done, 4)).slice(2)).toEqual(['drop former', 'drop former'])
  expect(performance.now() - beganAt).toBeGreaterThan(60 * 10 * 0.9)
  await untilReads(state, state.reads + 2 * 60)
  expect(done).toHaveLength(4)
})

test('while a shard cannot be written, another one that was moved is', async () => {
  const { state, done, first, second } = scene()
  // Also if the node that its schema needs is another one.
  state.failure = Object.assign(new Error('another node is away'), { code: 'ECONNREFUSED' })
  state.failing = 'holdfast_1'
  state.found = [
    { ...first, port: 5 },
    { ...second, port: 5 },
  ]
  expect((await untilDone(done, 4)).slice(0, 4)).toEqual([
    'write holdfast_1',
    'write holdfast_2',
    'relocate holdfast_2 to 5',
    'drop former',
  ])
})

test('a shard that is refused is not read where it was, and is written again later, or elsewhere at once', async () => {
  const { state, done, first, second } = scene()
  state.refused = ['holdfast_1']
  state.found = [{ ...first, port: 2 }, second]
  const beganAt = performance.now()
  expect(await untilDone(done, 2)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 2'])
  expect(state.places).toEqual(['/nonexistent'])
  await untilDone(done, 3)
  expect(performance.now() - beganAt).toBeGreaterThan(10 * checkMsDefault * 0.9)
  expect(done[2]).toBe('write holdfast_1')
  state.refused = []
  state.found = [{ ...first, port: 5 }, second]
  expect((await untilDone(done, 6)).slice(3)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 5', 'drop former'])
  expect(state.places).toEqual(['/nonexistent', 'node'])
})

test('shards that waited for a node are written together when it is back', async () => {
  const { state, done } = await twoRefused()
  expect(done.slice(0, 8)).toEqual([
    ...['write holdfast_1', 'write holdfast_2', 'write holdfast_1', 'write holdfast_2'],
    ...['write holdfast_1', 'relocate holdfast_1 to 2', 'write holdfast_2', 'relocate holdfast_2 to 4'],
  ])
  state.refused = ['holdfast_1']
  expect((await untilDone(done, 11)).slice(8)).toEqual([
    'write holdfast_1,holdfast_2',
    'relocate holdfast_2 to 4',
    'drop former',
  ])
  expect(state.places).toEqual(['/nonexistent', '/nonexistent', 'node'])
})

test('a refused shard whose node is away since does not let another one be written more often', async () => {
  const { state, done, first, second } = scene()
  state.refused = ['holdfast_1', 'holdfast_2']
  state.found = [
    { ...first, port: 2 },
    { ...second, port: 4 },
  ]
  await untilDone(done, 4)
  state.away = [2]
  const beganAt = performance.now()
  expect((await untilDone(done, 6)).slice(4)).toEqual(['write holdfast_2', 'write holdfast_2'])
  expect(performance.now() - beganAt).toBeGreaterThan(15 * checkMsDefault)
})

const waitingForAway = ['write holdfast_1', 'write holdfast_1', 'write holdfast_1', 'relocate holdfast_1 to 2']

test('a shard that waits for another node is not written until that one can be used', async () => {
  const { state, done, first, second } = scene({ checkMs: 50 })
  state.refused = ['holdfast_1']
  state.waitsFor = [8, 9]
  state.away = [8, 9]
  state.found = [{ ...first, port: 2 }, second]
  // It leaves the former node after the third time: that one may have been slow to respond once.
  expect(await untilDone(done, 4)).toEqual(waitingForAway)
  expect(state.awayAtLastWrite).toEqual(['node:8', 'node:9'])
  // Time for an attempt.
  await untilReads(state, state.reads + 12)
  expect(done).toHaveLength(4)
  // It may be the one that has the rows.
  state.refused = []
  state.away = [8]
  expect((await untilDone(done, 7)).slice(4)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 2', 'drop former'])
})

test('a node that does not respond and a write that fails count together for leaving the former node', async () => {
  const { state, done, first, second } = scene({ checkMs: 50 })
  state.failure = new Error('a lock was not free')
  state.onWrite = () => {
    if (state.readsAtWrites.length === 2) state.away = [2]
  }
  state.found = [{ ...first, port: 2 }, second]
  expect(await untilDone(done, 3)).toEqual(['write holdfast_1', 'write holdfast_1', 'relocate holdfast_1 to 2'])
  expect(state.places).toEqual(['/nonexistent'])
})

test('a shard that others have written is served, also if the node that it waits for is away again', async () => {
  const { state, done, first, second } = scene({ checkMs: 10 })
  state.refused = ['holdfast_1']
  state.waitsFor = [9]
  state.away = [9]
  state.found = [{ ...first, port: 2 }, second]
  expect(await untilDone(done, 4)).toEqual(waitingForAway)
  const beganAt = performance.now()
  state.refused = []
  expect((await untilDone(done, 7)).slice(4)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 2', 'drop former'])
  expect(performance.now() - beganAt).toBeGreaterThan(50 * 10)
})

test('a write that fails does not keep others from being written that waited for the same node', async () => {
  const { state, done } = await twoRefused({ checkMs: 20 })
  state.failure = new ShardNotWritten('holdfast_1', { host: 'node', port: 2 }, new Error('permission denied'))
  state.failing = 'holdfast_1'
  state.refused = []
  expect((await untilDone(done, 12)).slice(8, 12)).toEqual([
    'write holdfast_1,holdfast_2',
    'write holdfast_1',
    'write holdfast_2',
    'relocate holdfast_2 to 4',
  ])
})

test('a node that was away does not let its shard be written more seldom when it is back', async () => {
  const { state, done, first, second } = scene({ checkMs: 20 })
  state.away = [2]
  state.found = [{ ...first, port: 2 }, second]
  await untilReads(state, 6)
  state.failure = new Error('a lock was not free')
  state.away = []
  expect((await untilDone(done, 3)).slice(1, 3)).toEqual(['write holdfast_1', 'write holdfast_1'])
  const [one = 0, next = 0] = state.readsAtWrites
  expect(next).toBe(one + 1)
})

test('what fails for all is not repeated for each', async () => {
  const { state, done } = await twoRefused({ checkMs: 20 })
  state.failure = new Error('the catalogue cannot be read')
  await untilDone(done, 9)
  // A repetition for each would follow at once.
  expect(done.slice(8)).toEqual(['write holdfast_1,holdfast_2'])
})

test('while somebody else keeps the lock of starts, one shard waits for it, and not each in turn', async () => {
  const { state, done, first, second } = scene({ checkMs: 20 })
  state.failure = new StartError('Another server has been starting.')
  state.found = [
    { ...first, port: 2 },
    { ...second, port: 4 },
  ]
  expect((await untilDone(done, 5)).slice(0, 5)).toEqual([
    ...['write holdfast_1', 'write holdfast_1', 'write holdfast_1'],
    ...['relocate holdfast_1 to 2', 'relocate holdfast_2 to 4'],
  ])
  expect(new Set(state.readsAtWrites.slice(0, 3)).size).toBe(3)
})

test('what failed before a shard was moved back does not count when it is moved there again', async () => {
  const { state, done, first, second } = scene({ checkMs: 20 })
  const elsewhere = [{ ...first, port: 2 }, second]
  state.failure = new Error('a lock was not free')
  // It is moved back after the second failure.
  state.onWrite = () => {
    if (state.readsAtWrites.length === 2) state.found = [first, second]
  }
  state.found = elsewhere
  await untilDone(done, 2)
  await untilReads(state, state.reads + 2)
  expect(done).toHaveLength(2)
  state.found = elsewhere
  expect((await untilDone(done, 4)).slice(2, 4)).toEqual(['write holdfast_1', 'write holdfast_1'])
  const [, , third = 0, fourth = 0] = state.readsAtWrites
  expect(fourth).toBe(third + 1)
})

test('a write that keeps failing is repeated as seldom as one that is refused', async () => {
  const { state, done, first, second } = scene()
  state.failure = new Error('permission denied')
  state.found = [{ ...first, port: 2 }, second]
  await untilDone(done, 5)
  const [, , third = 0, fourth = 0] = state.writtenAtMs
  expect(fourth - third).toBeGreaterThan(9 * checkMsDefault)
})

test('nothing is written on a node that cannot be reached', async () => {
  const { state, done, first, second } = scene()
  state.away = [2]
  state.found = [
    { ...first, port: 2 },
    { ...second, port: 4 },
  ]
  expect(await untilDone(done, 4)).toEqual([
    'write holdfast_2',
    'relocate holdfast_2 to 4',
    'drop former',
    'relocate holdfast_1 to 2',
  ])
  // Nothing is read from the node that it has left.
  expect(state.places).toEqual(['node', '/nonexistent'])
  await untilReads(state, state.reads + 2)
  expect(done).toHaveLength(4)
  state.away = []
  expect((await untilDone(done, 7)).slice(4)).toEqual(['write holdfast_1', 'relocate holdfast_1 to 2', 'drop former'])
})

test('a shard that is missing where it was is written there again, and its pools stay', async () => {
  const { done, findMissing } = scene()
  findMissing()
  expect(await untilDone(done, 2)).toEqual(['write holdfast_1', 'drop former'])
})

test('statements that find a shard missing do not let it be looked for all the time', async () => {
  const { state, findMissing } = scene()
  const beganAt = performance.now()
  const statements = setInterval(findMissing, 1)
  await untilReads(state, 6)
  clearInterval(statements)
  expect(performance.now() - beganAt).toBeGreaterThan(5 * 50 * 0.9)
})

test('after a split it says that the server has to be started again, and writes nothing', async () => {
  const { state, done, first, second } = scene()
  state.found = [first, aShard(3, { port: 1 }), aShard(4, { port: 2 })]
  await expect(following?.split).resolves.toMatchObject({
    message: expect.stringContaining('A shard of Citus was split'),
  })
  expect([done, second.port]).toEqual([[], 3])
})

function untilReads(state: { reads: number }, count: number): Promise<true> {
  return until(
    async () => (state.reads >= count ? true : undefined),
    () => `${state.reads} reads`,
    10_000,
  )
}
