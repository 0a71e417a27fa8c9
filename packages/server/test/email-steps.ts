import { randomUUID } from 'node:crypto'
import { type MailServer, mailServer, until } from '@holdfast/testkit'
import { call, type RunningServer, runningServer, signIn, signUp } from './running-server.ts'
import { accountPassword as password, post } from './second-factor-steps.ts'

// Mails are sent in the background.
const arrivesWithinMs = 60_000

export const links = {
  confirm: /\/confirm-email#([\w-]{32})/,
  undo: /\/undo-email#([\w-]{32})/,
  reset: /\/reset-password#([\w-]{32})/,
}

export type Person = { id: string; email: string; token: string }

export const anAddress = () => `${randomUUID()}@example.org`

/** What people do with the addresses of their accounts, on a server that sends e-mails. */
export async function emailSteps() {
  const mails = await mailServer()
  const server = await runningServer({ HOLDFAST_WORKER: 'on', SMTP_URL: mails.url })
  const steps = stepsWith(server, mails)
  return {
    server,
    ...steps,
    end: async () => {
      await server.end()
      await mails.end()
    },
  }
}

function stepsWith(server: RunningServer, mails: MailServer) {
  /** The mails to an address whose text matches. */
  const mailsTo = (to: string, text = /./) =>
    mails.mails.filter((mail) => mail.recipients.includes(to) && text.test(mail.text ?? ''))
  const arrived = (to: string, text: RegExp = links.confirm, count = 1) =>
    until(async () => mailsTo(to, text)[count - 1], `${count} mails to ${to}`, arrivesWithinMs)
  const tokenTo = async (to: string, link: keyof typeof links = 'confirm', count = 1) =>
    links[link].exec((await arrived(to, links[link], count)).text ?? '')?.[1] ?? ''
  const query = (text: string, values: unknown[] = []) => server.database.ownerPool.query(text, values)
  const age = async (accountId: string, minutes: number) => {
    await query(
      `update auth."emailLink" set "sentAt" = "sentAt" - make_interval(mins => $1),
              "expiresAt" = "expiresAt" - make_interval(mins => $1) where "userId" = $2`,
      [minutes, accountId],
    )
    await query(
      `update auth.verification v set "expiresAt" = v."expiresAt" - make_interval(mins => $1) from auth."user" u
        where u.id = $2 and v.identifier = 'account-mail ' || encode(sha256(convert_to(u.email, 'UTF8')), 'hex')`,
      [minutes, accountId],
    )
  }
  const verify = (token: string, bearer?: string) => post(server.url, 'verify-email', { token }, bearer)
  const change = (newEmail: string, bearer: string, more: object = { password }) =>
    post(server.url, 'change-email', { newEmail, ...more }, bearer)
  const aPerson = async (): Promise<Person> => {
    const email = anAddress()
    return { email, ...(await signUp(server.url, email, password)) }
  }
  return {
    mailsTo,
    arrived,
    tokenTo,
    age,
    verify,
    change,
    aPerson,
    /** Waits until all requests were processed, and all mails sent. */
    untilProcessed: () =>
      until(
        async () => (await query('select from holdfast.account_mail')).rowCount === 0,
        'the requests to be processed',
        arrivesWithinMs,
      ),
    async statusOf(token: string) {
      return (await call(`${server.url}/api/auth/email`, { bearer: token })).body
    },
    /** Somebody who has confirmed the address. */
    async aConfirmedPerson() {
      const person = await aPerson()
      await verify(await tokenTo(person.email), person.token)
      return person
    },
    /** Changes the address to another one. @returns the new address */
    async moveOn({ id, token }: Person): Promise<string> {
      const email = anAddress()
      await age(id, 10)
      await change(email, token)
      const { status, text } = await verify(await tokenTo(email), token)
      if (status !== 200) throw new Error(`The address was not changed: ${text}`)
      return email
    },
    /** Chooses a new password by e-mail, and signs in. */
    async withNewPassword(email: string): Promise<string> {
      await post(server.url, 'request-password-reset', { email })
      const newPassword = 'chosen by the owner'
      await post(server.url, 'reset-password', { token: await tokenTo(email, 'reset'), newPassword })
      return signIn(server.url, { email, password: newPassword })
    },
  }
}
