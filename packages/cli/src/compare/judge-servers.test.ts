import { expect, test } from 'vitest'
import { judgeServers, percentile95, type ServerWork } from './judge-servers.ts'

/** @param slow how many took up to a second; the others took up to 25 ms */
const work = (requests: number, failed = 0, slow = 0): ServerWork => ({
  requests,
  failed,
  counts: new Map([
    [1, slow],
    [0.025, requests - slow],
  ]),
})

test.each<[string, ServerWork, ServerWork, string]>([
  ['nothing', work(0), work(0), 'undecided'],
  ['too few requests of the new version', work(4_500), work(499), 'undecided'],
  ['too few requests of the old version', work(499), work(4_500), 'undecided'],
  ['as many as are needed', work(500), work(500), 'forward'],
  ['one failure of 500', work(4_500), work(500, 1), 'forward'],
  ['failures within half a percent', work(4_000), work(1_000, 5), 'forward'],
  ['failures above half a percent', work(4_000), work(1_000, 6), 'back'],
  ['as many failures as the old version', work(4_500, 450), work(500, 50), 'forward'],
  ['more than twice the failures of the old version', work(4_500, 450), work(500, 103), 'back'],
  ['fewer failures than the old version', work(4_500, 450), work(500), 'forward'],
  ['few requests, of which four fail', work(100), work(10, 4), 'undecided'],
  ['few requests, of which five fail', work(100), work(10, 5), 'back'],
  ['one of twenty slow', work(4_500), work(500, 0, 25), 'forward'],
  ['more than one of twenty slow', work(4_500), work(500, 0, 26), 'back'],
  ['both slow', work(4_500, 0, 4_500), work(500, 0, 500), 'forward'],
  ['the new version quicker', work(4_500, 0, 4_500), work(500), 'forward'],
])('%s: %s', (_what, old, next, kind) => {
  expect(judgeServers(old, next, 500).kind).toBe(kind)
})

test('the reasons to go back have the figures of both', () => {
  expect(judgeServers(work(4_500, 9), work(500, 20), 500)).toEqual({
    kind: 'back',
    reason: "20 of 500 requests failed (4.0 %), and 0.2 % of the old version's",
  })
  expect(judgeServers(work(4_500), work(500, 0, 100), 500)).toEqual({
    kind: 'back',
    reason: '95 % of the requests took up to 1 s, and 0.025 s by the old version',
  })
})

test('requests above all bounds count, too', () => {
  const counts = new Map([
    [30, 10],
    [Number.POSITIVE_INFINITY, 10],
  ])
  expect(percentile95({ requests: 20, failed: 0, counts })).toBe(Number.POSITIVE_INFINITY)
})
