import { createTestCluster } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { connectForShards } from '../nodes/nodes-of.ts'
import { areLatest, noteEpoch, readNotedEpochs } from './noted-epochs.ts'

const node = { groupId: 1, host: 'node.example', port: 5432, ownerUrl: 'postgres://node.example/h', getsShards: true }
const range = { hashMin: '0', hashMax: '1' }
const former = (schema: string, epoch: number) => ({ node, schema, range, epoch })
/** Of the shard `holdfast_1`, and of `holdfast_9`, which was split; `holdfast_2` is a part that was not written yet. */
const noted = new Map([
  ['holdfast_1', 12],
  ['holdfast_9', 7],
])

test.each([
  ['its schema is the latest', 'holdfast_1', 12, null],
  ['its log has begun again since', 'holdfast_1', 13, null],
  ['its rows are in the schema that it left', 'holdfast_1', null, former('holdfast_1', 12)],
  ['its rows are in the schema of the shard that was split', 'holdfast_2', null, former('holdfast_9', 7)],
])('own rows are the latest: %s', (_, schema, epoch, source) => {
  expect(areLatest({ schema, epoch, source }, noted)).toBe(true)
})

test.each([
  ['it was written elsewhere since', 11, null],
  ['what it left is not the latest', null, former('holdfast_1', 11)],
  ['what the split shard left is not the latest', null, former('holdfast_9', 6)],
  ['it was written since the split', null, former('holdfast_9', 7)],
  ['there is nothing', null, null],
])('own rows are not the latest: %s', (_, epoch, source) => {
  expect(areLatest({ schema: 'holdfast_1', epoch, source }, noted)).toBe(false)
})

test('the largest epoch of each shard is noted', async () => {
  const cluster = await createTestCluster()
  const coordinator = await connectForShards(cluster.ownerUrl)
  await noteEpoch(coordinator, 'holdfast_1', 11_000_000_002)
  await noteEpoch(coordinator, 'holdfast_1', 9_000_000_001)
  await noteEpoch(coordinator, 'holdfast_9', 7)
  expect(await readNotedEpochs(coordinator)).toEqual(
    new Map([
      ['holdfast_1', 11_000_000_002],
      ['holdfast_9', 7],
    ]),
  )
  await coordinator.end()
  await cluster.end()
})
