import PostalMime, { type Attachment } from 'postal-mime'

/** What a mail server reports about one recipient of a mail, when it could not be delivered at once (RFC 3464). */
export type DeliveryReport = {
  /** The Message-ID of the mail that it is about, without angle brackets. */
  messageId: string
  /** The addresses to which the mail was sent; a server on the way may have forwarded it. */
  recipients: string[]
  /** `failed`, `delayed`, `delivered`, `relayed` or `expanded`. */
  action: string
  /** RFC 3463, such as `5.1.1`; null: it is not in the report, or is none. */
  status: string | null
  /** The code of the last server's response (RFC 5321), such as `550`; null: it is not in the report. */
  replyCode: string | null
}

/**
 * A report is a few KB. With the whole mail returned it is larger than that: the logo in a mail is up to 280 KB of
 * base64. Anybody can send a report, and a parser may need a thousand times the bytes of a mail, so what is larger is
 * not parsed.
 */
export const reportLimits = { bytesMax: 400_000, linesMax: 8_000 }

const parserOptions = {
  forceRfc822Attachments: true,
  attachmentEncoding: 'utf8',
  maxHeadersSize: 64_000,
  maxNestingDepth: 8,
} as const

type Fields = Map<string, string>

/**
 * Reads a delivery status notification, as mail servers send it to the sender of a mail.
 *
 * @param mail the whole mail, as it was received
 * @returns a report for each recipient; `none`: the mail is no such notification, or does not name the mail it is about
 */
export async function readDeliveryReport(
  mail: Buffer,
): Promise<{ kind: 'read'; reports: DeliveryReport[] } | { kind: 'none' | 'too_large' }> {
  if (mail.length > reportLimits.bytesMax || linesOf(mail) > reportLimits.linesMax) return { kind: 'too_large' }
  const attachments = await attachmentsOf(mail)
  const reports = attachments === null ? null : reportsIn(attachments)
  return reports === null ? { kind: 'none' } : { kind: 'read', reports }
}

function linesOf(mail: Buffer): number {
  let lines = 1
  for (let at = mail.indexOf(10); at !== -1; at = mail.indexOf(10, at + 1)) lines += 1
  return lines
}

/** The report itself, and the mail that it is about, or its header; null: it cannot be parsed. */
async function attachmentsOf(mail: Buffer): Promise<Attachment[] | null> {
  try {
    return (await PostalMime.parse(mail, parserOptions)).attachments
  } catch {
    // A larger header, or more nested parts, than the parser may read.
    return null
  }
}

function reportsIn(attachments: readonly Attachment[]): DeliveryReport[] | null {
  const partOf = (...types: string[]) => attachments.find(({ mimeType }) => types.includes(mimeType))?.content
  const report = partOf('message/delivery-status', 'message/global-delivery-status')
  const returned = partOf('message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers')
  if (typeof report !== 'string') return null
  const [ofMail, ...ofRecipients] = report
    .replaceAll('\r\n', '\n')
    .trim()
    .split(/\n\s*\n/)
    .map(fieldsOf)
  const header =
    typeof returned === 'string' ? fieldsOf(returned.replaceAll('\r\n', '\n').split(/\n\s*\n/)[0] ?? '') : null
  const messageId = header?.get('message-id') ?? decodeXtext(ofMail?.get('original-envelope-id'))
  if (messageId === undefined || ofRecipients.length === 0) return null
  return ofRecipients.map((fields) => ({
    messageId: messageId.replace(/^<|>$/g, ''),
    recipients: ['original-recipient', 'final-recipient'].flatMap((name) => addressOf(fields.get(name)) ?? []),
    action: (fields.get('action') ?? '').toLowerCase(),
    status: statusOf(fields.get('status')),
    replyCode: replyCodeOf(fields.get('diagnostic-code')),
  }))
}

/** The code in `5.1.1 (no such mailbox)`. */
function statusOf(field: string | undefined): string | null {
  const status = field?.split(/\s/)[0] ?? ''
  return /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : null
}

/** The code in `smtp; 550 5.1.1 No such mailbox`. */
function replyCodeOf(field: string | undefined): string | null {
  const [type, response] = split(field ?? '', ';')
  return type.toLowerCase() === 'smtp' ? (/^[245]\d\d(?![^\s-])/.exec(response)?.[0] ?? null) : null
}

/**
 * The fields of a header by their names in lower case, with the lines of each joined. Anybody can send a report: no
 * expression here tries a part of a long line more than once.
 */
function fieldsOf(text: string): Fields {
  const lines = text.replaceAll(/\n[ \t]+/g, ' ').split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [name, value] = split(line, ':')
      return /^[\w-]+$/.test(name) ? [[name.toLowerCase(), value] as const] : []
    }),
  )
}

/** The address in `rfc822; ada@example.org`, which may be encoded. No address has control characters. */
function addressOf(field: string | undefined): string | undefined {
  const [type, address] = split(field ?? '', ';')
  if (!/^[\w-]+$/.test(type)) return undefined
  const decoded = decodeXtext(address)?.replace(/^<|>$/g, '') ?? ''
  return decoded === '' || /\p{Cc}/u.test(decoded) ? undefined : decoded
}

/** What is before a separator, and what follows it, without spaces around. Without one, all is before it. */
function split(text: string, separator: string): [before: string, after: string] {
  const [before = '', ...after] = text.split(separator)
  return [before, after.join(separator).trim()]
}

/** RFC 3461, section 4: `+3D` is `=`. */
function decodeXtext(text: string | undefined): string | undefined {
  return text?.replaceAll(/\+([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
}
