import { createTestCluster } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { connectForShards } from '../nodes/nodes-of.ts'
import { areLatest, notedEpochOf, noteEpoch, readNotedEpochs } from './noted-epochs.ts'

const whole = { hashMin: '0', hashMax: '99' }
const half = { hashMin: '0', hashMax: '49' }
const otherHalf = { hashMin: '50', hashMax: '99' }
const quarter = { hashMin: '0', hashMax: '24' }
/** The shard of 0 to 99 was split in two halves, of which one has been written since. */
const noted = [
  { schema: 'holdfast_1', epoch: 7, range: whole },
  { schema: 'holdfast_2', epoch: 12, range: half },
]

test.each([
  ['its schema is the latest', half, 12, null],
  ['its log has begun again since', half, 13, null],
  ['its rows are in the schema that it left', half, null, { epoch: 12 }],
  ['its rows are in the schema of the shard that was split', otherHalf, null, { epoch: 7 }],
  ['its rows are in the schema of the half that was split', quarter, null, { epoch: 12 }],
])('own rows are the latest: %s', (_, range, epoch, source) => {
  expect(areLatest({ range, epoch, source }, noted)).toBe(true)
})

test.each([
  ['it was written elsewhere since', half, 11, null],
  ['what it left is not the latest', half, null, { epoch: 11 }],
  ['it was written since the split', half, null, { epoch: 7 }],
  ['what the split shard left is not the latest', otherHalf, null, { epoch: 6 }],
  ['the half was written before it was split', quarter, null, { epoch: 7 }],
  ['there is nothing', half, null, null],
  ['there is nothing of a shard that was never written', { hashMin: '100', hashMax: '199' }, null, null],
])('own rows are not the latest: %s', (_, range, epoch, source) => {
  expect(areLatest({ range, epoch, source }, noted)).toBe(false)
})

test('the last epoch of a range is that of its shard, or of the last one that was split', () => {
  expect([whole, half, otherHalf, quarter].map((range) => notedEpochOf(range, noted))).toEqual([7, 12, 7, 12])
})

test('the largest epoch of each shard is noted', async () => {
  const cluster = await createTestCluster()
  const coordinator = await connectForShards(cluster.ownerUrl)
  await noteEpoch(coordinator, { schema: 'holdfast_1', epoch: 11_000_000_002, range: whole })
  await noteEpoch(coordinator, { schema: 'holdfast_1', epoch: 9_000_000_001, range: whole })
  await noteEpoch(coordinator, { schema: 'holdfast_2', epoch: 7, range: half })
  expect(await readNotedEpochs(coordinator)).toEqual([
    { schema: 'holdfast_1', epoch: 11_000_000_002, range: whole },
    { schema: 'holdfast_2', epoch: 7, range: half },
  ])
  await coordinator.end()
  await cluster.end()
})
