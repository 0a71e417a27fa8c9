import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export type ReceivedMail = Email & { recipients: string[]; raw: string }

export type MailServer = {
  /** The value of SMTP_URL. */
  url: string
  mails: ReceivedMail[]
  /** The response to the next recipients: `450 later`, `550 unknown` …; null: they are accepted. */
  refuseWith(response: string | null): void
  end(): Promise<void>
}

/** An SMTP server that accepts every mail and delivers none. @param port to start again on the same one */
export async function mailServer(port = 0): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  let refusal: string | null = null
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onRcptTo(_address, _session, done) {
      done(
        refusal === null
          ? null
          : Object.assign(new Error(refusal.slice(4)), { responseCode: Number(refusal.slice(0, 3)) }),
      )
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const raw = Buffer.concat(parts).toString('utf8')
        const recipients = session.envelope.rcptTo.map(({ address }) => address)
        void PostalMime.parse(raw).then((mail) => {
          mails.push({ ...mail, recipients, raw })
          done()
        }, done)
      })
    },
  })
  server.on('error', () => undefined)
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const address = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    refuseWith(response) {
      refusal = response
    },
    end: () => new Promise((resolve) => server.close(resolve)),
  }
}
