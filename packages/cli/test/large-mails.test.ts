import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { spawnHoldfast } from './spawn-holdfast.ts'

const settings = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
const multipart = 'Content-Type: multipart/report; boundary="b"\n\n'

/** What the command needs for its own code is 200 MB at most. */
const megabytesMax = 400

/** The whole command with a mail: how it ended, in how many seconds, with which memory. */
async function recordBounce(mail: Iterable<string | Buffer>) {
  const began = performance.now()
  const running = spawnHoldfast(['record-bounce'], {
    ...settings,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reportMemory)}`,
  })
  const { stdin } = running.child
  if (stdin === null) throw new Error('The command has no standard input.')
  // The command may end before it has read all.
  const isWritten = await pipeline(Readable.from(mail), stdin).then(
    () => true,
    () => false,
  )
  const { code, stderr } = await running.ended
  const megabytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024
  return { code, stderr, isWritten, seconds: (performance.now() - began) / 1000, megabytes }
}

const reportMemory = `process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS))`

test.for([
  ['newlines', '\n'.repeat(4_900_000)],
  ['newlines, as many as are read', '\n'.repeat(7_990)],
  ['parts', multipart + '--b\n\nx\n'.repeat(500_000)],
  ['parts, as many as are read', multipart + '--b\n\nx\n'.repeat(2_660)],
  ['addresses in groups', `To: ${'a:'.repeat(1_000_000)}\n\nx`],
  ['addresses in groups, as many as are read', `To: ${'a:'.repeat(31_000)}\n\nx`],
  ['padded base64', `Content-Transfer-Encoding: base64\n\n${'=A'.repeat(199_000)}`],
])('a mail of %s is refused in seconds and megabytes', { timeout: 120_000 }, async ([_what = '', mail = '']) => {
  const { code, stderr, seconds, megabytes } = await recordBounce([mail])
  expect([code, stderr]).toEqual([1, expect.stringMatching(/no report of a mail server|larger than any report/)])
  expect(seconds).toBeLessThan(30)
  expect(megabytes).toBeLessThan(megabytesMax)
})

test('a mail without an end is read no further than a report can be long', { timeout: 120_000 }, async () => {
  function* endless() {
    for (;;) yield Buffer.alloc(65_536, 'a')
  }
  const { code, isWritten, megabytes } = await recordBounce(endless())
  expect([code, isWritten]).toEqual([1, false])
  expect(megabytes).toBeLessThan(megabytesMax)
})
