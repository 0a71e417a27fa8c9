import type { Engine } from '@holdfast/engine'
import type { EntryMail } from '../messages/account-mails/entry-mail.ts'
import type { LostLinkLimit } from './lost-link-limit.ts'
import type { ProcessRequest } from './process-account-requests.ts'

/** Who has lost a link looks at the mailbox soon, or asks again. */
const mailHours = 24

/** For patients who have lost the link to an entry of a waitlist: a mail for each open entry of the address. */
export function createEntryLinkProcessor(
  engine: Pick<Engine, 'directory' | 'waitlist'>,
  isWithinLimit: LostLinkLimit,
): ProcessRequest<'entry_link_request'> {
  return async ({ clinicId, email, language, network = null }, { store }) => {
    const clinic = await engine.directory.clinic(clinicId)
    if (clinic === null) return
    const mails: EntryMail[] = []
    for (const { id } of await engine.waitlist.openEntriesOfEmail(clinic.no, email)) {
      mails.push({ kind: 'entry_link', context: { entryId: id, isRequested: true, language } })
    }
    if (mails.length === 0) return
    await store(mails, mailHours, (transaction, { context: { entryId } }) => {
      const origin = network === null ? null : `${network} for ${entryId}`
      return isWithinLimit(transaction, { what: 'entries', clinicNo: clinic.no, email, origin })
    })
  }
}
