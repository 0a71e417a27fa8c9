import type { Engine } from '@holdfast/engine'
import type { EntryMail } from '../messages/account-mails/entry-mail.ts'
import { type MailLimit, mayMail } from './may-mail.ts'
import type { ProcessRequest } from './process-account-requests.ts'

/** Who has lost a link looks at the mailbox soon, or asks again. */
const mailHours = 24

/** For patients who have lost the link to an entry of a waitlist: a mail for each open entry of the address. */
export function createEntryLinkProcessor(
  engine: Pick<Engine, 'directory' | 'waitlist'>,
  rateLimits: MailLimit,
): ProcessRequest<'entry_link_request'> {
  return async ({ clinicId, email, language }, { store }) => {
    const clinic = await engine.directory.clinic(clinicId)
    if (clinic === null) return
    const mails: EntryMail[] = []
    for (const { id } of await engine.waitlist.openEntriesOfEmail(clinic.no, email)) {
      if (!(await mayMail(rateLimits, email))) continue
      mails.push({ kind: 'entry_link', context: { entryId: id, isRequested: true, language } })
    }
    if (mails.length > 0) await store(mails, mailHours)
  }
}
