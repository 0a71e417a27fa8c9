import { expect, test } from 'vitest'
import { workBetween, workOf } from './read-work.ts'

const bucket = (route: string, status: number, bound: string, count: number) =>
  `holdfast_http_request_duration_seconds_bucket{le="${bound}",route="${route}",method="GET",` +
  `status="${status}"} ${count}`

const metrics = (ok: number, failed: number) =>
  [
    '# HELP holdfast_http_request_duration_seconds Duration of HTTP requests.',
    bucket('/api/v1/doctors', 200, '0.5', ok - 1),
    bucket('/api/v1/doctors', 200, '1', ok),
    bucket('/api/v1/doctors', 200, '+Inf', ok),
    `holdfast_http_request_duration_seconds_count{route="/api/v1/doctors",method="GET",status="200"} ${ok}`,
    bucket('/api/v1/doctors', 404, '0.5', 2),
    bucket('/api/v1/doctors', 404, '+Inf', 2),
    bucket('/api/v1/doctors', 503, '0.5', 0),
    bucket('/api/v1/doctors', 503, '+Inf', failed),
    // Neither a person's request, nor a short one.
    bucket('/readyz', 503, '+Inf', 1_000),
    bucket('/metrics', 200, '+Inf', 1_000),
    bucket('/api/v1/live', 101, '+Inf', 1_000),
    bucket('/api/v1/live/events', 200, '+Inf', 1_000),
    bucket('/api/v1/clinics/:clinicId/theatre/live', 200, '+Inf', 1_000),
  ].join('\n')

test('people’s requests are counted by bucket, and failures by their status', () => {
  expect(workOf(metrics(10, 3))).toEqual({
    requests: 15,
    failed: 3,
    counts: new Map([
      [0.5, 11],
      [1, 1],
      [Number.POSITIVE_INFINITY, 3],
    ]),
  })
  expect(workOf('')).toEqual({ requests: 0, failed: 0, counts: new Map() })
})

test('what was done between two readings; null if the server was started again', () => {
  const between = workBetween(workOf(metrics(10, 3)), workOf(metrics(14, 4)))
  expect(between).toMatchObject({ requests: 5, failed: 1 })
  expect(between?.counts.get(0.5)).toBe(4)
  expect(workBetween(workOf(metrics(14, 4)), workOf(metrics(10, 3)))).toBe(null)
})
