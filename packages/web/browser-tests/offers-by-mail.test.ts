import { randomUUID } from 'node:crypto'
import { type MailServer, offerAsFreed, until } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, dataOf, type Practice } from './a-practice.ts'
import { anAddress, axeFindings, expectReadable, type Site, untilRead } from './harness.ts'
import { aPracticeByLink, arrivesWithinMs, mailTest as test } from './mail-test.ts'

/** The part after the host of the link to this page, once an e-mail to this address has it. */
function linkTo(name: string, { mails }: MailServer, to: string): Promise<string> {
  const pattern = new RegExp(`https?://[^/\\s]+(/${name}#\\S+)`)
  return until(
    async () =>
      mails
        .filter(({ recipients }) => recipients.includes(to))
        .map(({ text }) => pattern.exec(text ?? '')?.[1])
        .find((link) => link !== undefined),
    () => `an e-mail to ${to} with a link to /${name}`,
    arrivesWithinMs,
  )
}

/** A guest joins the waitlist of a doctor, and a time becomes free. @returns the entry's page */
async function joinWaitlist(site: Site, page: Page, practice: Practice, email: string): Promise<string> {
  const day = practice.slots[0]?.startsAt.slice(0, 10) ?? ''
  const data = { clinicId: practice.clinic.id, doctorId: practice.doctor.id, from: day, to: day }
  const response = await page.request.post('/api/v1/waitlist-entries', {
    data: { ...data, patient: { name: 'Grace Hopper', email } },
  })
  expect(response.status()).toBe(201)
  await offerAsFreed(site.database, ...practice.slots)
  const { id, manageToken } = await response.json()
  return `/waitlist-entry#${id}.${manageToken}`
}

test('an offer is accepted by the link of its e-mail; on the page of the entry, a link is sent first', async ({
  site,
  mails,
}) => {
  const practice = await aPracticeByLink(site, 'Offers by Link Clinic')
  const [grace, ada] = [anAddress(), anAddress()]
  const [page, mail] = [await site.newPage({ areIntervalsShort: true }), await site.newPage()]
  const accept = (on: Page) => on.getByRole('button', { name: 'Accept', exact: true }).click()
  await page.goto(await joinWaitlist(site, page, practice, grace))
  await accept(page)
  await page.getByRole('heading', { name: 'Check your e-mail' }).and(page.locator(':focus')).waitFor()
  await page.getByText(grace, { exact: false }).first().waitFor()
  await page.getByRole('button', { name: 'Decline' }).waitFor()
  expect(await page.getByRole('button', { name: 'Accept', exact: true }).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await mail.goto(await linkTo('confirm', mails, grace))
  await mail.getByRole('button', { name: 'Confirm the appointment' }).click()
  await mail.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await page.getByRole('heading', { level: 1, name: 'You have an appointment' }).waitFor()

  await joinWaitlist(site, page, practice, ada)
  const link = await linkTo('offer', mails, ada)
  await mail.goto(link)
  await mail.getByRole('button', { name: 'Accept', exact: true }).waitFor()
  expect(await mail.evaluate(() => location.hash)).not.toContain('hf')
  await mail.reload()
  await accept(mail)
  await mail.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('the link of an offer leaves the waitlist with one press, and opening it changes nothing', async ({
  site,
  mails,
}) => {
  const practice = await aPractice(site, { slotCount: 1 })
  const day = (practice.slots[0]?.startsAt ?? '').slice(0, 10)
  const email = anAddress()
  const wanted = { clinicId: practice.clinic.id, doctorId: practice.doctor.id, from: day, to: day }
  const body = { ...wanted, patient: { name: 'Grace', email, language: 'en' as const } }
  const { id } = await dataOf(site.admin.createWaitlistEntry({ body }))
  await offerAsFreed(site.database, ...practice.slots)
  const reasonOf = async () =>
    (await site.database.ownerPool.query('select end_reason from holdfast.waitlist_entry where id = $1', [id])).rows[0]
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await page.goto(await linkTo('leave-waitlist', mails, email))
  await page.getByRole('heading', { level: 1, name: 'Leave the waitlist?' }).waitFor()
  await untilRead(page)
  await expectReadable(page)
  expect(await reasonOf()).toEqual({ end_reason: null })
  await page.getByRole('button', { name: 'Leave the waitlist' }).click()
  await page.getByText('You are no longer waiting at').waitFor()
  const ended = page.getByRole('heading', { level: 1, name: 'You are no longer on the waitlist' })
  await ended.and(page.locator(':focus')).waitFor()
  expect(await reasonOf()).toEqual({ end_reason: 'left' })
})

test('the link to an entry comes by e-mail, and again for whoever has lost it', async ({ site, mails }) => {
  // Another name for each attempt.
  const clinicName = `Lost Entry ${randomUUID()}`
  const practice = await aPractice(site, { clinicName, slotCount: 1 })
  // With one clinic, there is none to choose.
  await aPractice(site, { clinicName: 'Other Entry Clinic', slotCount: 1 })
  const email = anAddress()
  const day = Temporal.Now.plainDateISO().add({ days: 30 }).toString()
  const wanted = { clinicId: practice.clinic.id, doctorId: practice.doctor.id, from: day, to: day }
  await dataOf(site.admin.createWaitlistEntry({ body: { ...wanted, patient: { name: 'Grace', email } } }))
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await page.goto(await linkTo('waitlist-entry', mails, email))
  await page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()

  const elsewhere = await site.open('/find-booking', { viewport: { width: 320, height: 640 } })
  await elsewhere.getByRole('link', { name: 'Find your entry' }).click()
  await elsewhere.getByRole('button', { name: 'Send the link' }).click()
  await elsewhere.getByLabel('E-mail address of the entry').and(elsewhere.locator(':focus')).waitFor()
  await elsewhere.getByLabel('E-mail address of the entry').fill(email)
  await elsewhere.getByRole('combobox', { name: 'Clinic' }).fill(clinicName)
  await elsewhere.getByRole('option', { name: clinicName }).click()
  const before = mails.mails.length
  await elsewhere.getByRole('button', { name: 'Send the link' }).click()
  await elsewhere.getByText('the link is on its way', { exact: false }).waitFor()
  await untilRead(elsewhere)
  await expectReadable(elsewhere)
  const found = () => mails.mails.slice(before).find(({ recipients }) => recipients.includes(email))
  const { subject } = await until(
    async () => found(),
    () => 'the second e-mail',
    arrivesWithinMs,
  )
  expect(subject).toBe(`Your entry on the waitlist of ${clinicName}`)
})
