import type { Engine } from '@holdfast/engine'
import type { LostLinkLimits } from './lost-link-limit.ts'
import type { ProcessRequest } from './process-account-requests.ts'

/** A patient who has lost a link looks at the mailbox soon, or asks again. */
const mailHours = 24

/** For patients who have lost the link to an entry of a waitlist: a mail with all open entries of the address. */
export function createEntryLinkProcessor(
  engine: Pick<Engine, 'directory' | 'waitlist'>,
  { ofEntries }: Pick<LostLinkLimits, 'ofEntries'>,
): ProcessRequest<'entry_link_request'> {
  return async ({ clinicId, email, language, ...by }, { store }) => {
    const clinic = await engine.directory.clinic(clinicId)
    if (clinic === null) return
    const entries = await engine.waitlist.openEntriesOfEmail(clinic.no, email)
    const [entryId, ...otherEntryIds] = entries.map(({ id }) => id)
    if (entryId === undefined) return
    const mail = { kind: 'entry_link' as const, context: { entryId, otherEntryIds, isRequested: true, language } }
    await store([mail], mailHours, (transaction) => ofEntries(transaction, { clinicNo: clinic.no, email, ...by }))
  }
}
