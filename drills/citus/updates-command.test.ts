import { expect, test } from 'vitest'
import { failuresOfUpdates } from './updates-command.ts'

const update = {
  release: 'first',
  killedAfter: [{ migrations: 2, shards: 0 }],
  seconds: 1,
  moved: 'holdfast_1',
  writtenAgain: 0,
  writtenByFormer: 0,
  trueBefore: [],
  failed: [],
  gapMs: 1,
}

const clean = {
  shards: 8,
  bookings: 1,
  updates: [update],
  acknowledged: 10,
  lost: 0,
  duplicated: 0,
  repeated: 1,
  verify: { mismatches: 0, overbooked: 0 },
}

test('what is lost, made twice, or not as the release has it fails, and so does a check that proves nothing', () => {
  expect(failuresOfUpdates(clean)).toEqual([])
  for (const wrong of [
    { lost: 1 },
    { duplicated: 1 },
    { verify: { mismatches: 1, overbooked: 0 } },
    { verify: { mismatches: 0, overbooked: 1 } },
    { updates: [] },
    { updates: [{ ...update, failed: ['holdfast_1: the ledger (false)'] }] },
    { updates: [{ ...update, trueBefore: ['the ledger'] }] },
    { updates: [{ ...update, killedAfter: [] }] },
    { updates: [{ ...update, writtenAgain: 1 }] },
    { updates: [{ ...update, writtenByFormer: 1 }] },
  ]) {
    expect(failuresOfUpdates({ ...clean, ...wrong })).toHaveLength(1)
  }
})
