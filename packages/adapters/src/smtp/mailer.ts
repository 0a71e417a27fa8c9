import type { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import pLimit from 'p-limit'

export type Mail = {
  /** The same for each attempt, so that servers can recognize a repetition. */
  messageId: string
  from: { name: string; address: string }
  to: { name: string; address: string }
  replyTo: string | null
  subject: string
  html: string
  text: string
  /**
   * For mail programs that have a button to unsubscribe: they post to it (RFC 8058). null: the mail is needed for the
   * visit, or the person has asked for it.
   */
  unsubscribeUrl: string | null
  /** The HTML refers to it as `cid:` and its id. null: none. */
  logo: { cid: string; mediaType: string; content: Buffer } | null
  /** An invitation or cancellation as RFC 5546 has it. */
  calendar: { method: 'REQUEST' | 'CANCEL'; content: string } | null
}

/**
 * `address_refused`, `refused`: another attempt would be refused too, the first because of the recipient's address.
 * `failed`: it was not sent, and another attempt may succeed. `unknown`: the server got its content and did not reply:
 * it may have been sent. `not_begun`: `begin` resolved to false.
 */
export type MailOutcome = {
  kind: 'accepted' | 'address_refused' | 'refused' | 'failed' | 'unknown' | 'not_begun'
  response: string
}

export type Mailer = {
  /**
   * Waits until a connection is free, calls `begin`, and sends the mail if that resolves to true.
   *
   * @throws what `begin` throws; and Error if the mailer was closed meanwhile. If `begin` was called before, nobody
   *   knows whether the server has the mail.
   */
  send(mail: Mail, begin: () => Promise<boolean>): Promise<MailOutcome>
  /** Ends all connections, also those over which a mail is being sent. Mails that wait for one are not begun. */
  close(): void
}

const connectMs = 10_000
/** How long the server may take for one response. */
const responseMs = 30_000
/** How long the server may take to end a connection that this side has ended. */
const closeMs = 1_000
/** How long one mail may take after `begin`, with all responses of the server. */
const mailMs = 110_000

/**
 * Sends mails over a few connections to an SMTP server. TLS is required with smtp://, too (STARTTLS): somebody on the
 * way could hide that the server offers it, and read the password and the mails.
 *
 * @param url smtp://user:password@host:port, or smtps:// for TLS from the start
 * @param options.mayBePlain whether mails are sent without TLS to a server that offers none. To this machine they are.
 */
export function createMailer(url: string, { connectionsMax = 3, mayBePlain = false } = {}): Mailer {
  const transport = createTransport({
    ...connectionOf(new URL(url), mayBePlain),
    pool: true,
    maxConnections: connectionsMax,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: responseMs,
    socketCloseTimeout: closeMs,
    // Neither a template nor a text may name a file or a URL to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  let isClosed = false
  // Whether the server got a content: nodemailer reads it when the server is ready for it.
  transport.use('stream', ({ message, data }, done) => {
    const { contents } = data as typeof data & { contents: Readable[] }
    message.processFunc((content) => {
      contents.push(content)
      return content
    })
    done()
  })
  const sendNow = async ({ calendar, logo, replyTo, unsubscribeUrl, ...mail }: Mail): Promise<MailOutcome> => {
    const contents: Readable[] = []
    const options = {
      ...mail,
      // Servers that cannot deliver it send a report to the sender, with the header of the mail alone.
      dsn: { id: mail.messageId, return: 'headers', notify: ['failure'], recipient: mail.to.address },
      ...(replyTo === null ? {} : { replyTo }),
      ...(unsubscribeUrl === null ? {} : { headers: unsubscribeHeaders(unsubscribeUrl) }),
      ...(logo === null ? {} : { attachments: [inlineImage(logo)] }),
      ...(calendar === null ? {} : { icalEvent: { filename: 'appointment.ics', ...calendar } }),
      contents,
      signal: AbortSignal.timeout(mailMs),
    }
    try {
      const { response } = await transport.sendMail(options)
      return { kind: 'accepted', response }
    } catch (error) {
      if (isClosed) throw closed(error)
      return failureOf(
        error,
        contents.some(({ readableDidRead }) => readableDidRead),
      )
    }
  }
  const inTurn = pLimit(connectionsMax)
  return {
    send: (mail, begin) =>
      inTurn(async () => {
        if (isClosed) throw closed()
        return (await begin()) ? sendNow(mail) : { kind: 'not_begun', response: '' }
      }),
    close() {
      isClosed = true
      transport.close({ force: true })
    },
  }
}

function inlineImage({ cid, mediaType, content }: NonNullable<Mail['logo']>) {
  const filename = `logo.${mediaType.replace('image/', '')}`
  return { cid, content, contentType: mediaType, contentDisposition: 'inline' as const, filename }
}

function closed(cause?: unknown): Error {
  return new Error('The connections to the mail server were closed.', { cause })
}

function unsubscribeHeaders(url: string): Record<string, string> {
  return { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
}

function connectionOf({ protocol, hostname, port, username, password }: URL, mayBePlain: boolean) {
  const secure = protocol === 'smtps:'
  return {
    requireTLS: !secure && !mayBePlain && !isThisMachine(hostname),
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  }
}

function isThisMachine(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname)
}

/**
 * Codes of 500 and above are final (RFC 5321, section 4.2.1), unless signing in or starting TLS fails: the operator
 * fixes that. A server that has replied with any code of failure has not accepted the mail.
 *
 * @param isContentSent whether the server got some of the content, or all of it
 */
function failureOf(error: unknown, isContentSent: boolean): MailOutcome {
  const { code, responseCode, command, response: said, message } = Object(error) as Record<string, unknown>
  const isOperators = code === 'EAUTH' || code === 'ETLS'
  const response = typeof said === 'string' && !isOperators ? said : String(message ?? error)
  const hasReplied = typeof responseCode === 'number'
  if (!hasReplied && isContentSent) return { kind: 'unknown', response }
  const isFinal = hasReplied && responseCode >= 500 && !isOperators
  if (!isFinal) return { kind: 'failed', response }
  return { kind: command === 'RCPT TO' && !policyCode.test(response) ? 'address_refused' : 'refused', response }
}

/** RFC 3463: 5.7.x are about security and policy, such as a sender that is not allowed; not about the address. */
const policyCode = /^\d{3}[ -]5\.7\.\d/
