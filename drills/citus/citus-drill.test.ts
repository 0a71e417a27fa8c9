import { expect, test } from 'vitest'
import { failuresOfCitus } from './citus-command.ts'

const distribution = {
  bookings: 1,
  rows: 1,
  ownRows: 1,
  seconds: 1,
  interruptedAfter: 2,
  differing: [],
  verify: { before: 0, after: 0, isSame: true },
  reads: { compared: 9, differing: [], differingWithoutShards: 3 },
  controls: { tried: 7, found: 7 },
}

const clean = {
  distribution,
  shards: 8,
  clinics: 32,
  moves: [{ shard: 'holdfast_1', movedMs: 1, gapMs: 1 }],
  splits: [{ shard: 'holdfast_1', parts: ['holdfast_2', 'holdfast_3'], splitMs: 1, gapMs: 1 }],
  bookingsPerSecond: 1,
  acknowledged: 10,
  lost: 0,
  duplicated: 0,
  contention: { capacity: 50, booked: 50 },
  repeated: 1,
  verify: { mismatches: 0, overbooked: 0 },
  ownRowsLost: [],
  columnsWithStatistics: 0,
  foreignRows: { tried: 8, refused: 8, takenWithoutGuard: 8 },
  accountsFailed: [],
  movedBack: { shard: 'holdfast_102008', wasLeft: true, hasRow: true },
  controlLost: 1,
}

test('what is lost, made twice, unlike its log or misplaced fails, and so does a control that finds nothing', () => {
  expect(failuresOfCitus(clean)).toEqual([])
  for (const wrong of [
    { distribution: { ...distribution, differing: ['answer'] } },
    { distribution: { ...distribution, reads: { ...distribution.reads, differing: ['proof'] } } },
    { distribution: { ...distribution, reads: { ...distribution.reads, differingWithoutShards: 0 } } },
    { distribution: { ...distribution, verify: { before: 0, after: 1, isSame: true } } },
    { distribution: { ...distribution, verify: { before: 0, after: 0, isSame: false } } },
    { distribution: { ...distribution, controls: { tried: 7, found: 6 } } },
    { lost: 1 },
    { duplicated: 1 },
    { verify: { mismatches: 1, overbooked: 0 } },
    { verify: { mismatches: 0, overbooked: 1 } },
    { contention: { capacity: 50, booked: 51 } },
    { moves: [] },
    { ownRowsLost: ['answer'] },
    { splits: [{ shard: 'holdfast_1', parts: ['holdfast_2'], splitMs: 1, gapMs: 1 }] },
    { columnsWithStatistics: 1 },
    { foreignRows: { tried: 8, refused: 7, takenWithoutGuard: 8 } },
    { foreignRows: { tried: 8, refused: 8, takenWithoutGuard: 0 } },
    { accountsFailed: ['sign-up: null instead of 200'] },
    { movedBack: { ...clean.movedBack, wasLeft: false } },
    { movedBack: { ...clean.movedBack, hasRow: false } },
    { controlLost: 0 },
  ]) {
    expect(failuresOfCitus({ ...clean, ...wrong })).toHaveLength(1)
  }
})
