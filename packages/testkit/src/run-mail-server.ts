import { appendFileSync } from 'node:fs'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

// The process of `startMailServerProcess`. It ends with its parent.

/** Where it pauses with the next mail, until the parent says `continue`. */
export type MailStep = 'receiving' | 'stored'

/** A line of the file in which it stores what it accepted. */
export type MailLine = { stored: StoredMail } | { replied: string; atMs: number }

export type StoredMail = {
  /** The Message-ID without angle brackets. */
  messageId: string
  recipients: string[]
  subject: string
  /** The calendar file; empty: there is none. */
  calendar: string
}

export type ToMailServer = { pauseAt: MailStep } | 'continue'
export type FromMailServer = 'listening' | { paused: MailStep; messageId: string | null }

const { port, file } = JSON.parse(process.argv[2] ?? '{}') as { port: number; file: string }
let pauseAt: MailStep | null = null
let goOn: () => void = () => undefined

const say = (message: FromMailServer) => void process.send?.(message)
const write = (line: MailLine) => appendFileSync(file, `${JSON.stringify(line)}\n`)

/** Resolves when the parent says so, if it has requested a pause here. */
async function step(at: MailStep, messageId: string | null): Promise<void> {
  if (pauseAt !== at) return
  pauseAt = null
  await new Promise<void>((resolve) => {
    goOn = resolve
    say({ paused: at, messageId })
  })
}

const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  onData(stream, session, done) {
    const receive = async () => {
      const parts: Buffer[] = []
      for await (const part of stream) {
        parts.push(part as Buffer)
        await step('receiving', null)
      }
      const mail = await PostalMime.parse(Buffer.concat(parts))
      const messageId = (mail.messageId ?? '').replace(/^<|>$/g, '')
      const calendar = mail.attachments.find(({ mimeType }) => mimeType === 'application/ics')?.content ?? ''
      const text = typeof calendar === 'string' ? calendar : new TextDecoder().decode(calendar)
      const recipients = session.envelope.rcptTo.map(({ address }) => address)
      write({ stored: { messageId, recipients, subject: mail.subject ?? '', calendar: text } })
      await step('stored', messageId)
      return messageId
    }
    receive().then((messageId) => {
      done()
      write({ replied: messageId, atMs: Date.now() })
    }, done)
  },
})

process.on('message', (message: ToMailServer) => {
  if (message === 'continue') goOn()
  else pauseAt = message.pauseAt
})
process.on('disconnect', () => process.exit())
server.listen(port, '127.0.0.1', () => {
  // From now on, an error is that of a client that ended. One before, such as a port in use, ends this process.
  server.on('error', () => undefined)
  say('listening')
})
