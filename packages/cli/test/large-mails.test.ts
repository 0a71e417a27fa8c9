// Nightly: mails of each size
import { expect, test } from 'vitest'
import { spawnHoldfast } from './spawn-holdfast.ts'

const settings = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    "process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS))",
  )}`,
}

/** The whole command with a mail: how it ended, in how many seconds, with which memory. */
async function recordBounce(mail: Iterable<string | Buffer>) {
  const began = performance.now()
  const { code, stderr } = await spawnHoldfast(['record-bounce'], settings, mail).ended
  const megabytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024
  return { code, stderr, seconds: (performance.now() - began) / 1000, megabytes }
}

const multipart = 'Content-Type: multipart/report; boundary="b"\n\n'
const tooLarge = 'error: the mail is larger than any report'
const noReport = 'error: the mail is no report of a mail server'

/** Measured: 1 to 2 seconds and 170 to 210 MB, of which a mail takes little; padded base64 takes 390 MB. */
const secondsMax = 30
const megabytesMax = 700

test.for<[what: string, mail: string, refusal: string]>([
  ['newlines', '\n'.repeat(4_900_000), tooLarge],
  ['newlines, as many as are read', '\n'.repeat(7_990), noReport],
  ['parts', `${multipart}${'--b\n\nx\n'.repeat(500_000)}`, tooLarge],
  ['parts, as many as are read', `${multipart}${'--b\n\nx\n'.repeat(2_660)}`, noReport],
  ['addresses in groups', `To: ${'a:'.repeat(1_000_000)}\n\nx`, tooLarge],
  ['addresses in groups, as many as are read', `To: ${'a:'.repeat(31_000)}\n\nx`, noReport],
  ['padded base64, as much as is read', `Content-Transfer-Encoding: base64\n\n${'=A'.repeat(199_000)}`, noReport],
])('a mail of %s is refused in seconds and megabytes', async ([_what, mail, refusal]) => {
  const { code, stderr, seconds, megabytes } = await recordBounce([mail])
  expect([code, stderr]).toEqual([1, expect.stringContaining(refusal)])
  expect(seconds).toBeLessThan(secondsMax)
  expect(megabytes).toBeLessThan(megabytesMax)
})

test('a mail without an end is read no further than a report can be long', async () => {
  function* endless() {
    for (;;) yield Buffer.alloc(65_536, 'a')
  }
  const { code, stderr, megabytes } = await recordBounce(endless())
  expect([code, stderr]).toEqual([1, expect.stringContaining(tooLarge)])
  expect(megabytes).toBeLessThan(megabytesMax)
})
