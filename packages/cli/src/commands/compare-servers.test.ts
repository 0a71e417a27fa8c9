import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

const token = 'a-token-of-the-tests'

type Step = { ok: number; failed: number; status?: number }

/** A server whose metrics grow by a step with each reading. */
async function aServer(step: (reading: number) => Step): Promise<string> {
  let [readings, ok, failed] = [0, 0, 0]
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end()
    const next = step(readings)
    readings += 1
    ok += next.ok
    failed += next.failed
    const labels = 'le="0.1",route="/api/v1/doctors",method="GET"'
    const bucket = (status: number, count: number) =>
      `holdfast_http_request_duration_seconds_bucket{${labels},status="${status}"} ${count}\n`
    response.writeHead(next.status ?? 200).end(bucket(200, ok) + bucket(500, failed))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function compare(old: string, next: string, ...more: string[]) {
  const args = ['compare-servers', '--old', old, '--new', next, '--requests', '20', ...more]
  const { code, out, err } = await runCaptured(args, { HOLDFAST_METRICS_TOKEN: token })
  return [code, [...out, ...err].at(-1)]
}

const well = () => ({ ok: 10, failed: 0 })

test('a new version that works as well as the old one goes forward, once both have enough requests', async () => {
  expect(await compare(await aServer(well), await aServer(well))).toEqual([
    0,
    'forward: 20 requests, 0 failed, 95 % within 0.1 s; the old version: 20 requests, 0 failed, 95 % within 0.1 s',
  ])
})

test('one that fails more goes back', async () => {
  const next = await aServer(() => ({ ok: 9, failed: 1 }))
  expect(await compare(await aServer(well), next)).toEqual([
    1,
    "back: 2 of 20 requests failed (10.0 %), and 0.0 % of the old version's",
  ])
})

test('without requests, after a new start, or without an answer, there is no way forward', async () => {
  const old = await aServer(well)
  expect(await compare(old, await aServer(() => ({ ok: 0, failed: 0 })), '--at-most', '1')).toEqual([
    1,
    'error: back: after 1 s, not each of them has completed 20 requests',
  ])
  const restarted = await aServer((reading) => ({ ok: reading === 0 ? 10 : -5, failed: 0 }))
  expect(await compare(old, restarted)).toEqual([1, `error: back: ${restarted} was started again meanwhile`])
  const ill = await aServer((reading) => ({ ok: 10, failed: 0, status: reading === 0 ? 200 : 503 }))
  expect(await compare(old, ill)).toEqual([1, `error: back: ${ill}/metrics returned 503`])
  const [code, line] = await compare(old, 'http://127.0.0.1:1')
  expect([code, String(line)]).toEqual([1, expect.stringContaining('http://127.0.0.1:1/metrics does not respond')])
  expect(await compare(old, 'nowhere')).toEqual([2, expect.stringContaining('expected a URL')])
})
