import { expect, test } from 'vitest'
import { failuresOfServer } from './server-command.ts'

const split = { shard: 'holdfast_2', splitMs: 1, gapMs: 1, endings: [[1], [1]], isLogged: true }

const hung = {
  node: '127.0.0.1:5433',
  hungMs: 30_000,
  signIns: 8,
  slowestMs: 2_100,
  booked: 100,
  gapMs: 300,
  faults: [],
  backMs: 900,
  backThereMs: 3_000,
  startedMs: 9_000,
  areAllShardsRead: false,
}

const clean = {
  shards: 8,
  clinics: 16,
  moves: [{ shard: 'holdfast_1', mode: 'block_writes' as const, interrupted: null, movedMs: 1, gapMs: 1 }],
  split,
  acknowledged: 10,
  lost: 0,
  duplicated: 0,
  contention: { capacity: 50, booked: 50, stored: 50 },
  failedRequests: { '503 database_unavailable': 1 },
  faults: [],
  verify: { mismatches: 0, overbooked: 0 },
  differences: { afterMoves: 0, atEnd: 0 },
  hung,
  holds: { lapsed: 8, expired: 8 },
  queuesElsewhere: [],
  speeds: null,
  controlLost: 1,
}

test('what is lost, made twice, shown otherwise or not done fails, and so does a control that finds nothing', () => {
  expect(failuresOfServer(clean)).toEqual([])
  for (const wrong of [
    { moves: [] },
    { split: { ...split, endings: [[1], []] } },
    { split: { ...split, endings: [[1], [1, 1]] } },
    { split: { ...split, endings: [[1], [0]] } },
    { split: { ...split, isLogged: false } },
    { lost: 1 },
    { duplicated: 1 },
    { contention: { capacity: 50, booked: 50, stored: 51 } },
    { contention: { capacity: 50, booked: 49, stored: 49 } },
    { faults: ['409 conflict'] },
    { verify: { mismatches: 1, overbooked: 0 } },
    { verify: { mismatches: 0, overbooked: 1 } },
    { differences: { afterMoves: 1, atEnd: 0 } },
    { differences: { afterMoves: 0, atEnd: 1 } },
    { holds: { lapsed: 8, expired: 7 } },
    { queuesElsewhere: ['5432 graphile_worker_1'] },
    { hung: { ...hung, faults: ['on another node: 503, 503'] } },
    { hung: { ...hung, signIns: 0 } },
    { hung: { ...hung, slowestMs: 5_001 } },
    { hung: { ...hung, startedMs: 60_001 } },
    { hung: { ...hung, startedMs: Number.NaN } },
    { hung: { ...hung, areAllShardsRead: true } },
    { controlLost: 0 },
  ]) {
    expect(failuresOfServer({ ...clean, ...wrong })).toHaveLength(1)
  }
})
