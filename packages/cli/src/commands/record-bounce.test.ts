import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeDatabaseUrl, ensureAppLogin, newId, registerShard } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished } from 'vitest'
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
    const { rows } = await ownerPool.query<{ state: string; failure: string | null; result: string }>(sql`
      select state, failure, result from holdfast.message where id = ${id}`)
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

const settingsOf = ({ ownerUrl, appUrl }: TestDatabase) => ({ DATABASE_URL: ownerUrl, DATABASE_APP_URL: appUrl })

const record = (database: TestDatabase, stdin: string, ...options: string[]) =>
  runCaptured(['record-bounce', ...options], settingsOf(database), { stdin })

test('an e-mail that came back counts as failed once, with the report’s codes and no text', async ({ database }) => {
  const { id, stored } = await aSentMail(database)
  const first = await record(database, aReport({ id, to: 'Ada@Example.NET' }))
  expect(first).toEqual({ code: 0, out: ['The e-mail is recorded as not delivered.'], err: [] })
  const bounced = { state: 'failed', failure: 'address_refused', result: '550 5.1.1 (address)' }
  expect(await stored()).toEqual(bounced)
  const second = await record(database, aReport({ id, said: 'another text' }), '--json')
  expect(second).toEqual({ code: 0, out: ['{"outcome":"unchanged"}'], err: [] })
  expect(await stored()).toEqual(bounced)
})

test.for([
  ['5.1.10', '550 5.1.10 no', 'address_refused', '550 5.1.10 (address)'],
  ['5.2.2', '552-full', 'refused', '552 5.2.2 (mailbox)'],
  ['5.7.1', 'no', 'refused', '5.7.1 (security or policy)'],
  ['5.0.0', '554 no', 'refused', '554 5.0.0'],
  ['4.4.7', '451 later', 'unavailable', '451 4.4.7 (network)'],
  ['none', '550 no', 'refused', '550'],
  ['none', 'no', 'unavailable', null],
] as const)('%s, %s: %s', async ([status, said, failure, result], { database }) => {
  const { id, stored } = await aSentMail(database)
  await record(database, aReport({ id, status, said }))
  expect(await stored()).toEqual({ state: 'failed', failure, result })
})

test('a report that arrives before the sending is recorded is tried again, and recorded then', async ({ database }) => {
  const { id, stored } = await aSentMail(database)
  const change = (columns: string) =>
    database.ownerPool.query(`update holdfast.message set ${columns} where id = $1`, [id])
  // beginSending leaves the message like this at the first attempt, and then at another one.
  for (const maskedAddress of ['null', `'a…@example.net'`]) {
    await change(`state = 'due', may_have_arrived = true, done_at = null, masked_address = ${maskedAddress}`)
    const early = await record(database, aReport({ id }), '--json')
    expect(early).toMatchObject({ code: 75, out: ['{"outcome":"too_early"}'] })
  }
  expect(await record(database, aReport({ id, to: 'bob@example.org' }), '--json')).toMatchObject({ code: 0 })
  await change('may_have_arrived = false')
  const neverSent = await record(database, aReport({ id }), '--json')
  expect(neverSent).toMatchObject({ code: 0, out: ['{"outcome":"missing"}'] })
  await change(`state = 'sent', may_have_arrived = true, done_at = now()`)
  expect(await record(database, aReport({ id }))).toMatchObject({ code: 0 })
  expect(await stored()).toMatchObject({ state: 'failed' })
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

test.for([
  { said: '550 <ada@example.net> unknown' },
  { said: '550 ada%40example.net' },
  { said: '=?utf-8?q?550_ada=40example.net?=' },
  { said: '550 ada＠example.net' },
  { said: '550 ada @example.net' },
  { said: '550 ada (at) example.net, +49 30 1234567' },
  { said: '550 "Ada Lovelace" ‹ada@example.net›' },
  { said: 'ada@example.net' },
  { status: 'ada@example.net' },
  { status: '5.1.ada@example.net', said: '550ada@example.net' },
])('of a report with %j, only codes are stored', async (report, { database }) => {
  const { id, stored } = await aSentMail(database)
  expect((await record(database, aReport({ id, ...report }))).code).toBe(0)
  expect((await stored())?.result ?? '').toMatch(/^(550)?( ?5\.1\.1 \(address\))?$/)
})

test.for([{ status: '5.1.1\0' }, { said: '550\0\u0007 no' }, { said: `550 ${'a'.repeat(300_000)}` }])(
  'a report with %j is recorded',
  async (report, { database }) => {
    const { id, stored } = await aSentMail(database)
    expect((await record(database, aReport({ id, ...report }))).code).toBe(0)
    expect(await stored()).toMatchObject({ state: 'failed' })
  },
)

test('an address or a Message-ID with a NUL is none, and no reason to try again', async ({ database }) => {
  const { id, stored } = await aSentMail(database)
  for (const report of [aReport({ id, to: 'ada@example.net\0' }), aReport({ id: `${id}\0` })]) {
    expect(await record(database, report, '--json')).toMatchObject({ code: 0, out: ['{"outcome":"missing"}'] })
  }
  expect(await stored()).toMatchObject({ state: 'sent' })
})

test('a report that the database refuses for what is in it is not tried again', async ({ database }) => {
  const { id } = await aSentMail(database)
  await database.ownerPool.query(`create function holdfast.refuse() returns trigger language plpgsql as
        $$ begin raise 'no such text' using errcode = '22021'; end $$;
      create trigger refuse before update on holdfast.message for each row execute function holdfast.refuse()`)
  try {
    expect(await record(database, aReport({ id }))).toEqual({ code: 1, out: [], err: ['error: no such text'] })
  } finally {
    await database.ownerPool.query('drop function holdfast.refuse() cascade')
  }
})

test('the application’s role records it; the owner only reads how that one logs in', async ({ database }) => {
  const { ownerUrl, ownerPool } = database
  await ownerPool.query(`create table public.recorded_by (role text);
      grant insert on public.recorded_by to public;
      create function public.note() returns trigger language plpgsql as
        $$ begin insert into public.recorded_by values (current_user); return new; end $$;
      create trigger note before update on holdfast.message for each row execute function public.note()`)
  const recordedBy = async (settings: Record<string, string>) => {
    const { id } = await aSentMail(database)
    await ownerPool.query('truncate public.recorded_by')
    const { code } = await runCaptured(['record-bounce'], settings, { stdin: aReport({ id }) })
    const { rows } = await ownerPool.query<{ role: string }>('select role from public.recorded_by')
    return [code, rows.map(({ role }) => role)]
  }
  try {
    const configured = new URL(database.sessionUrl).username
    // An owner that cannot log in.
    const noOwner = changeDatabaseUrl(ownerUrl, { user: 'nobody', password: 'wrong' })
    expect(await recordedBy({ DATABASE_URL: noOwner, DATABASE_APP_URL: database.appUrl })).toEqual([0, [configured]])
    const created = new URL(await ensureAppLogin({ ownerUrl })).username
    expect(await recordedBy({ DATABASE_URL: ownerUrl })).toEqual([0, [created]])
  } finally {
    await ownerPool.query('drop function public.note() cascade; drop table public.recorded_by')
  }
})

test('a mail that is no report, or larger than any, is refused before a database is looked for', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const refused = (stdin: string) => runCaptured(['record-bounce'], env, { stdin })
  const small = await refused('Subject: Re: Your appointment\r\n\r\nI will be late.')
  expect([small.code, small.err.join()]).toEqual([1, expect.stringContaining('no report of a mail server (RFC 3464)')])
  const large = await refused(aReport({ id: newId(1), said: 'a'.repeat(400_000) }))
  expect([large.code, large.err.join()]).toEqual([1, expect.stringContaining('larger than any report')])
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

test('while the database is away, the mail server is told to try again', async () => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const { code, err } = await runCaptured(['record-bounce'], env, { stdin: aReport({ id: newId(1) }) })
  expect(code).toBe(75)
  expect(err.join()).toContain('try again later')
  expect(err.join()).not.toContain(address)
})

/** A message of PostgreSQL's protocol. */
function messageOf(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

/** Like PgBouncer in pool mode statement, it accepts every login, and refuses to begin a transaction. */
async function statementPooler(): Promise<string> {
  const ready = messageOf('Z', Buffer.from('I'))
  const refused = 'SERROR\0VERROR\0C08P01\0Mtransaction blocks not allowed in statement pooling mode\0\0'
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([messageOf('R', Buffer.alloc(4)), ready]))
      socket.on('data', () => socket.write(Buffer.concat([messageOf('E', Buffer.from(refused, 'latin1')), ready])))
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.address() as AddressInfo
  return `postgres://somebody:secret@127.0.0.1:${port}/holdfast`
}

test('behind a pooler in a mode that allows no transactions, the mail server is told to try again', async () => {
  const url = await statementPooler()
  const env = { DATABASE_URL: url, DATABASE_APP_URL: url }
  const { code, err } = await runCaptured(['record-bounce'], env, { stdin: aReport({ id: newId(1) }) })
  expect([code, err.join()]).toEqual([75, expect.stringContaining('pool mode statement')])
})

test('an e-mail of a clinic in another database of the installation is recorded there', async ({ database }) => {
  const north = await anotherDatabase()
  await ensureAppLogin({ ownerUrl: north.ownerUrl, appUrl: null })
  await registerShard(database.ownerPool, north.ownerPool, 'north')
  await north.ownerPool.query("select setval('holdfast.clinic_no_seq', 7000, false)")
  const mail = await aSentMail(north)
  await registerShard(database.ownerPool, north.ownerPool, 'north')
  const env = { ...settingsOf(database), HOLDFAST_SHARDS: `north=${north.ownerUrl}` }
  const { code, out } = await runCaptured(['record-bounce'], env, { stdin: aReport(mail) })
  expect({ code, out }).toEqual({ code: 0, out: ['The e-mail is recorded as not delivered.'] })
  expect(await mail.stored()).toMatchObject({ state: 'failed', failure: 'address_refused' })
})
