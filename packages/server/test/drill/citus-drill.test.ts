import { expect, test } from 'vitest'
import { failuresOfCitus } from './citus-command.ts'

const clean = {
  places: 8,
  clinics: 32,
  moves: [{ place: 'holdfast_1', movedMs: 1, gapMs: 1 }],
  bookingsPerSecond: 1,
  acknowledged: 10,
  lost: 0,
  duplicated: 0,
  contention: { capacity: 50, booked: 50 },
  repeated: 1,
  verify: { mismatches: 0, overbooked: 0 },
  controlLost: 1,
}

test('what is lost, made twice or unlike the log is a failure, and so is a control that loses nothing', () => {
  expect(failuresOfCitus(clean)).toEqual([])
  for (const wrong of [
    { lost: 1 },
    { duplicated: 1 },
    { verify: { mismatches: 1, overbooked: 0 } },
    { verify: { mismatches: 0, overbooked: 1 } },
    { contention: { capacity: 50, booked: 51 } },
    { moves: [] },
    { controlLost: 0 },
  ]) {
    expect(failuresOfCitus({ ...clean, ...wrong })).toHaveLength(1)
  }
})
