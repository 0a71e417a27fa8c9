import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

const address = 'ada@example.net'

/** An e-mail about a booking that the mail server has accepted. */
async function aSentMail(database: TestDatabase) {
  const { ownerPool } = database
  const booking = await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
  const id = newId(booking.clinicNo)
  await ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, attempts,
                                   masked_address, result, done_at)
     values ($1, $2, $3, 1, $4, 'reminder', 'email', 'sent', now(), 1, 'a…@example.net', '250 OK', now())`,
    [booking.clinicNo, id, booking.id, booking.slotId],
  )
  const stored = async () => {
    const { rows } = await ownerPool.query<{ state: string; failure: string | null; result: string }>(
      'select state, failure, result from holdfast.message where id = $1',
      [id],
    )
    return rows[0]
  }
  return { id, stored }
}

type Report = { id: string; to?: string; action?: string; status?: string; said?: string }

function aReport({ id, to = address, action = 'failed', status = '5.1.1', said = `550 <${to}> unknown` }: Report) {
  return [
    'From: MAILER-DAEMON@mx.example.org',
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.org',
    '',
    `Final-Recipient: rfc822; ${to}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${said}`,
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: <${id}@book.example.org>`,
    '',
    '--b--',
    '',
  ].join('\r\n')
}

const record = ({ ownerUrl }: TestDatabase, stdin: string, ...options: string[]) =>
  runCaptured(['record-bounce', ...options], { DATABASE_URL: ownerUrl }, { stdin })

test('an e-mail that came back counts as failed, without the address in what the server said; once', async ({
  database,
}) => {
  const { id, stored } = await aSentMail(database)
  const first = await record(database, aReport({ id, to: 'Ada@Example.NET' }))
  expect(first).toEqual({ code: 0, out: ['The e-mail is recorded as not delivered.'], err: [] })
  const bounced = { state: 'failed', failure: 'address_refused', result: '550 <A…@Example.NET> unknown' }
  expect(await stored()).toEqual(bounced)
  const second = await record(database, aReport({ id, said: 'another text' }), '--json')
  expect(second).toEqual({ code: 0, out: ['{"outcome":"unchanged"}'], err: [] })
  expect(await stored()).toEqual(bounced)
})

test.for([
  ['5.1.10', 'address_refused'],
  ['5.2.2', 'refused'],
  ['5.7.1', 'refused'],
  ['4.4.7', 'unavailable'],
] as const)('%s: %s', async ([status, failure], { database }) => {
  const { id, stored } = await aSentMail(database)
  await record(database, aReport({ id, status }))
  expect(await stored()).toMatchObject({ state: 'failed', failure })
})

test('a report of another address, mail or outcome changes nothing', async ({ database }) => {
  const { id, stored } = await aSentMail(database)
  const reports: [string, string][] = [
    [aReport({ id, to: 'bob@example.net' }), 'missing'],
    [aReport({ id, to: 'ada@example.org' }), 'missing'],
    [aReport({ id: newId(1) }), 'missing'],
    [aReport({ id: 'not an id' }), 'missing'],
    [aReport({ id, action: 'delayed', status: '4.4.1' }), 'not_failed'],
    [aReport({ id, action: 'delivered', status: '2.0.0' }), 'not_failed'],
  ]
  for (const [report, outcome] of reports) {
    expect(await record(database, report, '--json')).toMatchObject({ code: 0, out: [JSON.stringify({ outcome })] })
    expect(await stored()).toMatchObject({ state: 'sent', failure: null })
  }
  // The control.
  await record(database, aReport({ id }))
  expect(await stored()).toMatchObject({ state: 'failed' })
})

test('what the mail server said is cut, and searched no longer than that; it may contain anything', async ({
  database,
}) => {
  const { id, stored } = await aSentMail(database)
  const beganAt = performance.now()
  const { code } = await record(database, aReport({ id, said: `\u0000\u0007550 ${'a'.repeat(1_000_000)}` }))
  expect(code).toBe(0)
  // To search all of it took an hour.
  expect(performance.now() - beganAt).toBeLessThan(20_000)
  expect((await stored())?.result).toBe('  550')
  const large = await record(database, aReport({ id, said: 'a'.repeat(5_000_000) }))
  expect(large).toMatchObject({ code: 1, err: [expect.stringContaining('larger than any report')] })
})

test.for([
  [
    'an address in which the text is cut',
    `${'550 refused; '.repeat(22)}ada.lovelace-oncology@example.net`,
    /; a…@example\.net$/,
  ],
  ['an address with a quoted name', '550 "ada lovelace"@example.net unknown', /^550 "…@example\.net unknown$/],
  ['a text of one word', 'a'.repeat(1_000), /^5\.1\.1$/],
] as const)('of %s, no name is stored', async ([_what, said, result], { database }) => {
  const { id, stored } = await aSentMail(database)
  expect((await record(database, aReport({ id, said }))).code).toBe(0)
  expect((await stored())?.result).toMatch(result)
})

test('a stopped installation is not started by an e-mail: the mail server tries again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bounce-'))
  const { code, err } = await runCaptured(
    ['record-bounce'],
    { HOLDFAST_DATA: directory },
    { stdin: aReport({ id: newId(1) }) },
  )
  expect([code, err.join()]).toEqual([75, expect.stringContaining('Holdfast is not running')])
  expect(await readdir(directory)).toEqual([])
  await rm(directory, { recursive: true })
})

test('a mail that is no report is refused, and named so', async ({ database }) => {
  const { code, err } = await record(database, 'Subject: Re: Your appointment\r\n\r\nI will be late.')
  expect(code).toBe(1)
  expect(err.join()).toContain('the mail is no report of a mail server (RFC 3464)')
})

test('while the database is away, the mail server is told to try again', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const { code, err } = await runCaptured(['record-bounce'], env, { stdin: aReport({ id: newId(1) }) })
  expect(code).toBe(75)
  expect(err.join()).toContain('try again later')
  expect(err.join()).not.toContain(address)
})
