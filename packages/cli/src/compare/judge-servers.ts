/** What a server has done since the comparison began. `counts`: requests by the bound of their bucket, in seconds. */
export type ServerWork = { requests: number; failed: number; counts: ReadonlyMap<number, number> }

/** `undecided`: too few requests, and no reason to go back. */
export type Verdict = { kind: 'forward' } | { kind: 'back'; reason: string } | { kind: 'undecided' }

/** The share of failures may be twice the other one's, and half a percent more. */
const failures = { times: 2, more: 0.005 }
/** So many failures are a reason to go back, however few requests there were. */
const failuresCertain = 5
/** The 95th percentile may be half as much more, and 50 ms. */
const slowness = { times: 1.5, moreSeconds: 0.05 }

const shareOf = ({ requests, failed }: ServerWork) => (requests === 0 ? 0 : failed / requests)
const percent = (share: number) => `${(share * 100).toFixed(1)} %`

/**
 * Whether a new version works as well as the old one, by their requests of the same time.
 *
 * @param requestsMin without so many of each there is no way forward
 */
export function judgeServers(old: ServerWork, next: ServerWork, requestsMin: number): Verdict {
  const isEnough = Math.min(old.requests, next.requests) >= requestsMin
  const failsMore = shareOf(next) > failures.times * shareOf(old) + failures.more
  if (failsMore && (isEnough || next.failed >= failuresCertain)) {
    const reason = `${next.failed} of ${next.requests} requests failed (${percent(shareOf(next))})`
    return { kind: 'back', reason: `${reason}, and ${percent(shareOf(old))} of the old version's` }
  }
  if (!isEnough) return { kind: 'undecided' }
  const [oldSeconds, nextSeconds] = [percentile95(old), percentile95(next)]
  if (nextSeconds > slowness.times * oldSeconds + slowness.moreSeconds) {
    return {
      kind: 'back',
      reason: `95 % of the requests took up to ${nextSeconds} s, and ${oldSeconds} s by the old version`,
    }
  }
  return { kind: 'forward' }
}

/** The bound of the bucket with the 95th percentile, in seconds. */
export function percentile95({ requests, counts }: ServerWork): number {
  let below = 0
  for (const [bound, count] of [...counts].sort(([one], [other]) => one - other)) {
    below += count
    if (below >= requests * 0.95) return bound
  }
  return 0
}
