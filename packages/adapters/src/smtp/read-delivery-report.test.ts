import { expect, test } from 'vitest'
import { readDeliveryReport, reportLimits } from './read-delivery-report.ts'

type Parts = { status?: string[]; returned?: string[]; returnedType?: string; encoding?: 'base64' }

const perRecipient = [
  'Final-Recipient: rfc822; ada@example.net',
  'Original-Recipient: rfc822;ada+2Btag@example.net',
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 <ada@example.net>: Recipient address',
  '    rejected: User unknown',
]

/** A report as Postfix sends it. */
function aReport({
  status = ['Reporting-MTA: dns; mx.example.org', '', ...perRecipient],
  returned = ['Message-ID: <1@example.org>', 'Subject: Your appointment'],
  returnedType = 'text/rfc822-headers',
  encoding,
}: Parts = {}): Buffer {
  const body = status.join('\r\n')
  return Buffer.from(
    [
      'From: MAILER-DAEMON@mx.example.org (Mail Delivery System)',
      'To: no-reply@example.org',
      'Subject: Undelivered Mail Returned to Sender',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      '\tboundary="4F1.1/mx.example.org"',
      '',
      '--4F1.1/mx.example.org',
      'Content-Type: text/plain; charset=us-ascii',
      '',
      "I'm sorry to have to inform you that your message could not be delivered.",
      '--4F1.1/mx.example.org',
      'Content-Description: Delivery report',
      'Content-Type: message/delivery-status',
      ...(encoding === undefined ? [] : [`Content-Transfer-Encoding: ${encoding}`]),
      '',
      encoding === undefined ? body : Buffer.from(body).toString(encoding),
      '',
      '--4F1.1/mx.example.org',
      `Content-Type: ${returnedType}`,
      '',
      ...returned,
      '',
      '--4F1.1/mx.example.org--',
      '',
    ].join('\r\n'),
  )
}

const failed = {
  messageId: '1@example.org',
  recipients: ['ada+tag@example.net', 'ada@example.net'],
  action: 'failed',
  status: '5.1.1',
  replyCode: '550',
}

test('which mail failed, for whom, and why', async () => {
  expect(await readDeliveryReport(aReport())).toEqual({ kind: 'read', reports: [failed] })
})

test.each<[string, Parts]>([
  [
    'the whole mail is returned',
    { returnedType: 'message/rfc822', returned: ['Message-ID: <1@example.org>', '', 'Hi'] },
  ],
  [
    'nothing of the mail is returned, but the envelope has its id',
    { status: ['Original-Envelope-Id: <1@example.org>', '', ...perRecipient], returned: ['Subject: none'] },
  ],
  [
    'the id of the envelope is encoded',
    { status: ['Original-Envelope-Id: +3C1@example.org+3E', '', ...perRecipient], returned: ['Subject: none'] },
  ],
  ['the report is encoded', { encoding: 'base64' }],
])('the same where %s', async (_what, parts) => {
  expect(await readDeliveryReport(aReport(parts))).toEqual({ kind: 'read', reports: [failed] })
})

test.each(['X:', 'Final-Recipient: rfc822;'])('a long line %s is read at once', async (field) => {
  // The second line would be tried at each of its spaces by an expression that does not match the carriage return.
  const status = ['Reporting-MTA: dns; mx.example.org', '', ...perRecipient, `${field}${' '.repeat(300_000)}x\ry`]
  const began = process.threadCpuUsage()
  expect(await readDeliveryReport(aReport({ status }))).toMatchObject({ kind: 'read', reports: [{ status: '5.1.1' }] })
  expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(4_000)
})

test('several recipients, a delay, and what is not said', async () => {
  const status = [
    'Reporting-MTA: dns; mx.example.org',
    '',
    ...perRecipient,
    '',
    'Final-Recipient: RFC822; bob@example.net',
    'Action: Delayed',
    'Status: 4.4.1 (connection timed out)',
  ]
  const delayed = {
    messageId: '1@example.org',
    recipients: ['bob@example.net'],
    action: 'delayed',
    status: '4.4.1',
    replyCode: null,
  }
  expect(await readDeliveryReport(aReport({ status }))).toEqual({ kind: 'read', reports: [failed, delayed] })
})

test.each([
  ['5.1.1 (no such mailbox)', 'smtp; 550', '5.1.1', '550'],
  ['4.4.7', 'SMTP; 451-4.4.7 later', '4.4.7', '451'],
  ['5.1.1\u0000', 'smtp; 550\u0000', null, null],
  ['someone@example.net', 'smtp; someone@example.net', null, null],
  ['6.1.1', 'smtp; 650 no', null, null],
  ['5.1.1234', 'smtp; 5501234567', null, null],
  ['5.1', 'x-local; 550 no', null, null],
])('of the status %j and the response %j, the codes are read', async (status, response, code, replyCode) => {
  const fields = ['Final-Recipient: rfc822; ada@example.net', 'Action: failed', `Status: ${status}`]
  const report = aReport({ status: ['Reporting-MTA: dns; x', '', ...fields, `Diagnostic-Code: ${response}`] })
  expect(await readDeliveryReport(report)).toMatchObject({ kind: 'read', reports: [{ status: code, replyCode }] })
})

test.each(['ada\u0000@example.net', 'ada+00@example.net', 'ada@example\u0007.net'])(
  '%j is no address of a recipient',
  async (address) => {
    const status = ['Reporting-MTA: dns; x', '', `Final-Recipient: rfc822; ${address}`, 'Action: failed']
    expect(await readDeliveryReport(aReport({ status }))).toMatchObject({ kind: 'read', reports: [{ recipients: [] }] })
  },
)

test('a report with the largest of our mails is read, and nothing that is larger', async () => {
  const line = 'a'.repeat(76)
  const returned = (lines: number) => ['Message-ID: <1@example.org>', '', ...Array<string>(lines).fill(line)]
  const read = (lines: number) =>
    readDeliveryReport(aReport({ returnedType: 'message/rfc822', returned: returned(lines) }))
  // 200 KB in base64, and 80 KB of text.
  expect(await read(4_700)).toEqual({ kind: 'read', reports: [failed] })
  expect(await read(5_200)).toEqual({ kind: 'too_large' })
  const { bytesMax, linesMax } = reportLimits
  expect(await readDeliveryReport(Buffer.alloc(bytesMax + 1, 'a'))).toEqual({ kind: 'too_large' })
  expect(await readDeliveryReport(Buffer.alloc(linesMax, '\n'))).toEqual({ kind: 'too_large' })
})

const headerBytes = 60_000

/** A text of the largest size, in which a unit is repeated. */
function repeated(start: string, unit: string, bytesMax = reportLimits.bytesMax): Buffer {
  const lines = unit.split('\n').length - 1
  const times = Math.min((bytesMax - start.length) / unit.length, (reportLimits.linesMax - 10) / lines)
  return Buffer.from(start + unit.repeat(times))
}

test.each([
  ['newlines', repeated('', '\n')],
  ['parts', repeated('Content-Type: multipart/report; boundary="b"\n\n', '--b\n\nx\n')],
  ['nested parts', repeated('', 'Content-Type: multipart/mixed; boundary="b"\n\n--b\n')],
  ['addresses in groups', repeated('To: ', 'a:', headerBytes)],
  ['addresses', repeated('To: ', '<a@b>,', headerBytes)],
  ['words', repeated('Subject: ', '=?utf-8?q?a?= ', headerBytes)],
  ['parameters', repeated('Content-Type: a; ', 'a*0=b;', headerBytes)],
  ['padded base64', repeated('Content-Transfer-Encoding: base64\n\n', '=A')],
  ['tags', repeated('Content-Type: text/html\n\n', '<a ')],
])('the most %s that are read take a few seconds at most', async (_what, mail) => {
  const began = process.threadCpuUsage()
  expect(await readDeliveryReport(mail)).toEqual({ kind: 'none' })
  expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(15_000)
})

test.each([
  ['an empty mail', Buffer.alloc(0)],
  ['a reply that a person wrote', Buffer.from('Subject: Re: Your appointment\r\n\r\nI will be late.')],
  ['what is no mail', Buffer.from([0, 255, 13, 10, 13, 10, 254])],
  ['a report without recipients', aReport({ status: ['Reporting-MTA: dns; mx.example.org'] })],
  ['a report that does not say about which mail it is', aReport({ returned: ['Subject: none'] })],
])('%s is none', async (_what, mail) => {
  expect(await readDeliveryReport(mail)).toEqual({ kind: 'none' })
})
