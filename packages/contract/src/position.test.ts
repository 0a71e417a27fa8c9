import { expect, test } from 'vitest'
import {
  parsePositions,
  positionOfShard,
  positionPattern,
  positionsMax,
  positionsPattern,
  shardOfEpoch,
} from './position.ts'

/** `add_log_epoch` numbers the epochs of a plain database like this. */
const secondsOf = (time: string) => Date.parse(time) / 1_000

test('all epochs of a plain database are of one shard, however long it is between them', () => {
  const epochs = [0, 1, secondsOf('2024-01-01T00:00:00Z'), secondsOf('2026-11-25T17:00:00Z'), 9_999_999_999]
  expect(epochs.map(shardOfEpoch)).toEqual([0, 0, 0, 0, 0])
})

test('the epochs of a shard are of no other shard, and of no plain database', () => {
  const first = 1_020_080_000_000_000
  expect([first, first + 1, first + 9_999_999_999].map(shardOfEpoch)).toEqual([102_008, 102_008, 102_008])
  expect([first - 1, first + 10_000_000_000].map(shardOfEpoch)).toEqual([102_007, 102_009])
})

test('a single position is still one, and several have commas between', () => {
  expect(parsePositions('1764000000.77')).toEqual([{ epoch: 1_764_000_000, transaction: 77n }])
  expect(parsePositions('77')).toEqual([{ epoch: 0, transaction: 77n }])
  const both = [
    { epoch: 1_020_080_000_000_001, transaction: 5n },
    { epoch: 1_020_090_000_000_001, transaction: 6n },
  ]
  expect(parsePositions('1020080000000001.5,1020090000000001.6')).toEqual(both)
  expect(parsePositions('1020080000000001.5, 1020090000000001.6')).toEqual(both)
})

test('no position, or more of them than shards are sent, is refused', () => {
  for (const text of ['', ',', '1.2,', ',1.2', '1.2;3.4', '1.2,x', '-1', '1.2,  3.4', '1.2\n', '12345678901234567.1']) {
    expect(parsePositions(text), text).toBeNull()
  }
  const of = (count: number) => Array.from({ length: count }, (_, n) => `${102_008 + n}0000000001.1`).join()
  expect(parsePositions(of(positionsMax))).toHaveLength(positionsMax)
  expect(parsePositions(of(positionsMax + 1))).toBeNull()
})

test('what is one position is also a list of one', () => {
  for (const text of ['0', '1.2', '9999999999999999.18446744073709551615', 'x', '1.2,3.4']) {
    if (new RegExp(positionPattern).test(text)) expect(text).toMatch(new RegExp(positionsPattern))
  }
  expect('1.2,3.4').not.toMatch(new RegExp(positionPattern))
})

test('a shard finds the latest of its positions, and none among those of other shards', () => {
  const positions =
    parsePositions('1020080000000001.900,1020090000000001.5,1020080000000002.10,1020090000000001.6,1764000000.99') ?? []
  expect(positionOfShard(positions, 1_020_080_000_000_007)).toEqual({ epoch: 1_020_080_000_000_002, transaction: 10n })
  expect(positionOfShard(positions, 1_020_090_000_000_001)).toEqual({ epoch: 1_020_090_000_000_001, transaction: 6n })
  expect(positionOfShard(positions, 1_765_500_000)).toEqual({ epoch: 1_764_000_000, transaction: 99n })
  expect(positionOfShard(positions, 1_020_100_000_000_001)).toBeNull()
})
