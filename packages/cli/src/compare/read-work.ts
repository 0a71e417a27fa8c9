import type { ServerWork } from './judge-servers.ts'

/** A histogram's bucket: requests of a route, method and status that took at most `bound` seconds. */
type Bucket = { series: string; bound: number; count: number; status: string }

const name = 'holdfast_http_request_duration_seconds_bucket'
/** What is not a person's request, or lasts as long as a page is open. */
const isLeftOut = (route: string) => /^\/(livez|readyz|metrics)$|\/live(\/events)?$/.test(route)

/** The requests that a server has completed since it started, from the text of its metrics. */
export function workOf(metrics: string): ServerWork {
  const bySeries = Map.groupBy(bucketsOf(metrics), ({ series }) => series)
  const counts = new Map<number, number>()
  let [requests, failed] = [0, 0]
  for (const buckets of bySeries.values()) {
    let below = 0
    for (const { bound, count } of buckets.toSorted((one, other) => one.bound - other.bound)) {
      counts.set(bound, (counts.get(bound) ?? 0) + count - below)
      below = count
    }
    requests += below
    if (buckets[0]?.status.startsWith('5')) failed += below
  }
  return { requests, failed, counts }
}

function bucketsOf(metrics: string): Bucket[] {
  return metrics.split('\n').flatMap((line) => {
    const [, text = '', count = ''] = new RegExp(`^${name}\\{(.*)\\} (\\S+)$`).exec(line) ?? []
    const labels = new Map(
      Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, label = '', value = '']) => [label, value]),
    )
    const [route, status = '', bound] = ['route', 'status', 'le'].map((label) => labels.get(label))
    if (route === undefined || bound === undefined || isLeftOut(route)) return []
    const series = [route, labels.get('method'), status].join(' ')
    return [
      { series, status, bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count: Number(count) },
    ]
  })
}

/** What was done between two readings; null: the server has been started again. */
export function workBetween(before: ServerWork, after: ServerWork): ServerWork | null {
  const counts = new Map([...after.counts].map(([bound, count]) => [bound, count - (before.counts.get(bound) ?? 0)]))
  if (after.requests < before.requests || [...counts.values()].some((count) => count < 0)) return null
  return { requests: after.requests - before.requests, failed: after.failed - before.failed, counts }
}
