import { type MailServer, mailServer } from '@holdfast/testkit'
import { aPractice, dataOf } from './a-practice.ts'
import { type Site, startSite } from './harness.ts'
import { browserTest, expectNoPageErrors } from './site-test.ts'

/** The horizon belongs to the whole server: an open transaction of another test file delays the relay. */
export const arrivesWithinMs = 90_000

/** A site whose e-mails arrive at a mail server of this file. */
export const mailTest = browserTest
  .extend('mails', { scope: 'file' }, async ({ browser: _ }, { onCleanup }): Promise<MailServer> => {
    const mails = await mailServer()
    onCleanup(() => mails.end())
    return mails
  })
  .extend('site', { scope: 'file' }, async ({ browser, mails }, { onCleanup }) => {
    const site = await startSite(browser, { SMTP_URL: mails.url, HOLDFAST_WORKER: 'on' })
    onCleanup(() => site.stop())
    return site
  })
  .extend('pageErrors', { auto: true }, ({ site }, { onCleanup }) => expectNoPageErrors(site, onCleanup))

/** A practice whose guests confirm by a link. */
export async function aPracticeByLink(site: Site, clinicName: string) {
  const practice = await aPractice(site, { clinicName })
  const path = { clinicId: practice.clinic.id }
  await dataOf(site.admin.updateMessageSettings({ path, body: { confirmByLink: true, confirmMinutes: 60 } }))
  return practice
}
