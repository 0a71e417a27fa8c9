import { expect, test } from 'vitest'
import {
  parsePositions,
  placeOfEpoch,
  positionOfPlace,
  positionPattern,
  positionsMax,
  positionsPattern,
} from './position.ts'

/** As `add_log_epoch` numbers the epochs of a plain database. */
const secondsOf = (time: string) => Date.parse(time) / 1_000

test('all epochs of a plain database are of one place, however long it is between them', () => {
  const epochs = [0, 1, secondsOf('2024-01-01T00:00:00Z'), secondsOf('2026-11-25T17:00:00Z'), 99_999_999_999]
  expect(epochs.map(placeOfEpoch)).toEqual([0, 0, 0, 0, 0])
  // The control: numbered like shards, a failover after two weeks would be another place, and its positions ignored.
  const asShards = epochs.map((epoch) => Math.floor(epoch / 1_000_000))
  expect(new Set(asShards).size).toBeGreaterThan(1)
})

test('a shard has a million epochs, and shares none with another shard or a plain database', () => {
  expect([102_008_000_000, 102_008_000_001, 102_008_999_999].map(placeOfEpoch)).toEqual([102_008, 102_008, 102_008])
  expect([102_007_999_999, 102_009_000_000, 999_999_999_999].map(placeOfEpoch)).toEqual([102_007, 102_009, 999_999])
})

test('a single position is still one, and several have commas between', () => {
  expect(parsePositions('1764000000.77')).toEqual([{ epoch: 1_764_000_000, transaction: 77n }])
  expect(parsePositions('77')).toEqual([{ epoch: 0, transaction: 77n }])
  const both = [
    { epoch: 102_008_000_001, transaction: 5n },
    { epoch: 102_009_000_001, transaction: 6n },
  ]
  expect(parsePositions('102008000001.5,102009000001.6')).toEqual(both)
  expect(parsePositions('102008000001.5, 102009000001.6')).toEqual(both)
})

test('no position, or more of them than places are sent, is refused', () => {
  for (const text of ['', ',', '1.2,', ',1.2', '1.2;3.4', '1.2,x', '-1', '1.2,  3.4', '1.2\n', '1234567890123.1']) {
    expect(parsePositions(text), text).toBeNull()
  }
  const of = (count: number) => Array.from({ length: count }, (_, n) => `${102_008 + n}000001.1`).join()
  expect(parsePositions(of(positionsMax))).toHaveLength(positionsMax)
  expect(parsePositions(of(positionsMax + 1))).toBeNull()
})

test('what is one position is also a list of one', () => {
  for (const text of ['0', '1.2', '999999999999.18446744073709551615', 'x', '1.2,3.4']) {
    if (new RegExp(positionPattern).test(text)) expect(text).toMatch(new RegExp(positionsPattern))
  }
  expect('1.2,3.4').not.toMatch(new RegExp(positionPattern))
})

test('a place finds the latest of its positions, and none among those of other places', () => {
  const positions = parsePositions('102008000001.900,102009000001.5,102008000002.10,102009000001.6,1764000000.99') ?? []
  expect(positionOfPlace(positions, 102_008_000_007)).toEqual({ epoch: 102_008_000_002, transaction: 10n })
  expect(positionOfPlace(positions, 102_009_000_001)).toEqual({ epoch: 102_009_000_001, transaction: 6n })
  expect(positionOfPlace(positions, 1_765_500_000)).toEqual({ epoch: 1_764_000_000, transaction: 99n })
  expect(positionOfPlace(positions, 102_010_000_001)).toBeNull()
})
