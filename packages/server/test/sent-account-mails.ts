import type { Mail } from '@holdfast/adapters/smtp'
import type { TestDatabase } from '@holdfast/testkit'
import { mailedLinks } from '../src/compose/jobs/mailed-links.ts'
import { sealedAccountMails } from '../src/messages/account-mails/account-mails.ts'
import { sendAccountMails } from '../src/messages/account-mails/send-account-mails.ts'
import { createLogger } from '../src/observe/logger.ts'

type Pages = Parameters<typeof sendAccountMails>[0]['pages']

/** Sends the e-mails to accounts that are stored, to nobody. */
export async function sentAccountMails(
  { appPool: pool }: TestDatabase,
  secrets: readonly string[],
  pages: Pages,
): Promise<Mail[]> {
  const mails: Mail[] = []
  await sendAccountMails({
    pool,
    mailer: {
      async send(mail, begin) {
        if (!(await begin())) return { kind: 'not_begun', response: '' }
        mails.push(mail)
        return { kind: 'accepted', response: '250 OK' }
      },
      close: () => undefined,
    },
    address: 'desk@example.org',
    sealed: sealedAccountMails(secrets),
    links: mailedLinks(pool),
    pages,
    log: createLogger('silent'),
  })
  return mails
}
