import { expect, test } from 'vitest'
import { failuresOfJobs } from './jobs-command.ts'

const clean = {
  shards: 8,
  nodes: 2,
  bookings: 10,
  mails: { arrived: 10, german: 10, repeated: 0 },
  delivered: 10,
  holds: { lapsed: 2, expired: 2 },
  stored: { mails: 2, arrived: 2 },
  partitions: { byCoordinator: 2, byShard: 0 },
  queuesElsewhere: [],
  failures: [],
}

test('what is not sent, sent twice, not done, or done in the wrong place fails', () => {
  expect(failuresOfJobs(clean)).toEqual([])
  for (const wrong of [
    { mails: { arrived: 9, german: 9, repeated: 0 } },
    { mails: { arrived: 11, german: 11, repeated: 1 } },
    { mails: { arrived: 10, german: 9, repeated: 0 } },
    { delivered: 11 },
    { holds: { lapsed: 2, expired: 1 } },
    { stored: { mails: 2, arrived: 3 } },
    { partitions: { byCoordinator: 2, byShard: 2 } },
    { queuesElsewhere: ['5432 graphile_worker_1'] },
    { failures: ['a warning'] },
  ]) {
    expect(failuresOfJobs({ ...clean, ...wrong })).toHaveLength(1)
  }
})
