import { expect, test } from 'vitest'
import { readDeliveryReport } from './read-delivery-report.ts'

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
  diagnostic: '550 5.1.1 <ada@example.net>: Recipient address rejected: User unknown',
}

test('which mail failed, for whom, and why', async () => {
  expect(await readDeliveryReport(aReport())).toEqual([failed])
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
  expect(await readDeliveryReport(aReport(parts))).toEqual([failed])
})

test.each(['X:', 'Final-Recipient: rfc822;'])('a long line %s is read at once', async (field) => {
  // The second line would be tried at each of its spaces by an expression that does not match the carriage return.
  const status = ['Reporting-MTA: dns; mx.example.org', '', ...perRecipient, `${field}${' '.repeat(300_000)}x\ry`]
  const began = performance.now()
  expect(await readDeliveryReport(aReport({ status }))).toHaveLength(1)
  expect(performance.now() - began).toBeLessThan(4_000)
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
  expect(await readDeliveryReport(aReport({ status }))).toEqual([
    failed,
    {
      messageId: '1@example.org',
      recipients: ['bob@example.net'],
      action: 'delayed',
      status: '4.4.1',
      diagnostic: null,
    },
  ])
})

test.each([
  ['an empty mail', Buffer.alloc(0)],
  ['an answer that a person wrote', Buffer.from('Subject: Re: Your appointment\r\n\r\nI will be late.')],
  ['what is no mail', Buffer.from([0, 255, 13, 10, 13, 10, 254])],
  ['a report without recipients', aReport({ status: ['Reporting-MTA: dns; mx.example.org'] })],
  ['a report that does not say about which mail it is', aReport({ returned: ['Subject: none'] })],
])('%s is none', async (_what, mail) => {
  expect(await readDeliveryReport(mail)).toBeNull()
})
