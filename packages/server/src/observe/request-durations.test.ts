import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { bounds, RequestDurations } from './request-durations.ts'

const completed = fc.record({
  route: fc.constantFrom('/api/v1/bookings', '/a "quoted" one', 'none'),
  method: fc.constantFrom('GET', 'POST'),
  status: fc.constantFrom(200, 201, 503),
  seconds: fc.oneof(fc.constantFrom(0, ...bounds, 31), fc.double({ min: 0, max: 60, noNaN: true })),
})

test('the output is the same as that of prom-client’s Histogram', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(completed, { maxLength: 50 }), async (requests) => {
      const [ours, theirs] = [new Registry(), new Registry()]
      const durations = new RequestDurations(ours)
      const labelNames = ['route', 'method', 'status']
      const histogram = new Histogram({
        name: 'holdfast_http_request_duration_seconds',
        help: 'Duration of HTTP requests by route, method and status.',
        labelNames,
        buckets: bounds,
        registers: [theirs],
      })
      for (const { route, method, status, seconds } of requests) {
        durations.observe(route, method, status, seconds)
        histogram.observe({ route, method, status: String(status) }, seconds)
      }
      expect(sorted(await ours.metrics())).toEqual(sorted(await theirs.metrics()))
      for (const registry of [ours, theirs]) registry.resetMetrics()
      expect(await ours.metrics()).toBe(await theirs.metrics())
    }),
  )
})

test('a duration that is not a finite number is refused and not recorded', async () => {
  const registry = new Registry()
  const durations = new RequestDurations(registry)
  for (const seconds of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => durations.observe('none', 'GET', 200, seconds)).toThrow(TypeError)
  }
  durations.observe('none', 'GET', 200, 0.5)
  expect(await registry.metrics()).toContain('_sum{route="none",method="GET",status="200"} 0.5')
})

/** Lines without the order of their requests. */
const sorted = (text: string) => text.split('\n').toSorted()
