import PostalMime from 'postal-mime'

/** What a mail server reports about one recipient of a mail, when it could not be delivered at once (RFC 3464). */
export type DeliveryReport = {
  /** The Message-ID of the mail that it is about, without angle brackets. */
  messageId: string
  /** As the mail was addressed; a server on the way may have forwarded it. */
  recipients: string[]
  /** `failed`, `delayed`, `delivered`, `relayed` or `expanded`. */
  action: string
  /** RFC 3463, such as `5.1.1`. */
  status: string
  /** What the last server said; null: it is not in the report. */
  diagnostic: string | null
}

type Fields = Map<string, string>

/**
 * Reads a delivery status notification, as mail servers send it to the sender of a mail.
 *
 * @param mail the whole mail, as it was received
 * @returns a report for each recipient; null: the mail is no such notification, or does not say which mail it is about
 */
export async function readDeliveryReport(mail: Buffer): Promise<DeliveryReport[] | null> {
  // Attachments: the report itself, and the mail that it is about, or its header.
  const { attachments } = await PostalMime.parse(mail, { forceRfc822Attachments: true, attachmentEncoding: 'utf8' })
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
    status: fields.get('status')?.split(/\s/)[0] ?? '',
    diagnostic: fields.get('diagnostic-code')?.replace(/^[\w-]+;\s*/, '') ?? null,
  }))
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

/** Of `rfc822; ada@example.org`; the address may be encoded. */
function addressOf(field: string | undefined): string | undefined {
  const [type, address] = split(field ?? '', ';')
  return /^[\w-]+$/.test(type) && address !== '' ? decodeXtext(address)?.replace(/^<|>$/g, '') : undefined
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
