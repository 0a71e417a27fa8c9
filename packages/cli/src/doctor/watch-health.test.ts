import { databaseProxy, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { capturingContext } from '../../test/captured-context.ts'
import { runCommandLine } from '../run-command-line.ts'

/** The program is loaded, too. */
const readMs = 60_000

test('without a terminal it prints all checks, then what has changed, and ends with Ctrl+C', async ({ database }) => {
  const proxy = await databaseProxy(database.ownerUrl)
  onTestFinished(() => proxy.end())
  const stop = new AbortController()
  const { context, out, err } = capturingContext({ DATABASE_URL: proxy.url }, { signal: stop.signal })
  const ended = runCommandLine(['doctor', '--watch'], context)
  const line = (text: RegExp) =>
    until(
      async () => out.find((one) => text.test(one)),
      () => `${text} in ${out.join('\n')} ${err.join('\n')}`,
      readMs,
    )
  await line(/^\S+Z ok {7}database: \d/)
  await line(/ok {7}schema/)
  await line(/unknown {2}bookings in the queue: is known to servers/)
  const printed = out.length
  expect(out.join('\n')).not.toContain('failed')
  proxy.hang()
  await line(/failed {3}database: does not respond/)
  expect(out.slice(printed).join('\n')).not.toContain('bookings in the queue')
  stop.abort('SIGINT')
  expect(await ended).toBe(0)
  expect(err).toEqual([])
})

test('on a terminal it redraws one screen; with --json it prints an object', async ({ database }) => {
  const stop = new AbortController()
  const { context, out } = capturingContext({ DATABASE_URL: database.ownerUrl }, { signal: stop.signal })
  const screens: (readonly string[])[] = []
  const redraw = (lines: readonly string[]) => {
    screens.push(lines)
    stop.abort('SIGINT')
  }
  expect(await runCommandLine(['doctor', '--watch'], { ...context, terminal: { ...context.terminal, redraw } })).toBe(0)
  expect(out).toEqual([])
  expect(screens[0]?.[0]).toMatch(/^Health at \d\d:\d\d:\d\d UTC: \w+\. Ctrl\+C ends\.$/)

  const again = new AbortController()
  const json = capturingContext({ DATABASE_URL: database.ownerUrl }, { signal: again.signal })
  const ended = runCommandLine(['doctor', '--watch', '--json'], json.context)
  const text = await until(async () => json.out[0], 'a line of JSON', readMs)
  again.abort('SIGINT')
  expect(await ended).toBe(0)
  expect(JSON.parse(text)).toMatchObject({ at: expect.any(String), checks: expect.any(Array) })
})
