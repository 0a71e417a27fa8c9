import { randomUUID } from 'node:crypto'
import type { NewVisitType } from '@holdfast/contract/client'
import { clinicNoOf } from '@holdfast/engine'
import { lapseHolds, until } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf, type Practice } from './a-practice.ts'
import { aVisitPractice, sessionDay } from './a-visit-practice.ts'
import { anAddress, axeFindings, expectReadable, type Site, untilRead } from './harness.ts'
import { arrivesWithinMs, mailTest as test } from './mail-test.ts'

const wanted: NewVisitType[] = [
  {
    name: 'Hearing test',
    minutes: 120,
    questions: [{ id: randomUUID(), kind: 'text', label: 'Allergies', required: true }],
    position: 1,
  },
  { name: 'First visit', minutes: 60, position: 2 },
  { name: 'Minor surgery', minutes: 120, approval: 'holding', position: 3 },
]

/** A doctor whose only session is full with a hearing test of Ada. */
async function aFullSession(site: Site) {
  const practice = await aVisitPractice(site, wanted)
  const [hearing, first, surgery] = practice.visitTypes.map(({ id }) => id)
  if (hearing === undefined || first === undefined || surgery === undefined) throw new Error('no visit types')
  const query = { visitTypeId: hearing, from: sessionDay.toString(), to: sessionDay.toString() }
  const { items } = await dataOf(site.admin.listTimes({ path: { doctorId: practice.doctor.id }, query }))
  const time = { sessionId: items[0]?.sessionId ?? '', startsAt: items[0]?.startsAt ?? '', visitTypeId: hearing }
  const answers = [{ questionId: wanted[0]?.questions?.[0]?.id ?? '', value: 'None' }]
  const ada = await dataOf(
    site.admin.createBooking({ body: { ...time, patient: { name: 'Ada' }, answers, confirm: true } }),
  )
  const giveUp = async (page: Page) => {
    await page.goto(`/ticket#${ada.id}.${ada.manageToken}`)
    await page.getByRole('button', { name: 'Cancel appointment' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).click()
    await page.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
  }
  return { practice, hearing, first, surgery, giveUp, slot: { clinicNo: clinicNoOf(ada.id), id: ada.slotId } }
}

/** Joins the waitlist from the page without times of a visit type; ends at the entry. */
async function join(page: Page, { doctor }: Practice, visitTypeId: string, name: string): Promise<string> {
  const email = anAddress()
  await page.goto(`/doctors/${doctor.id}?visitType=${visitTypeId}`)
  await page.getByText('There are no free times for this appointment').waitFor()
  await page.getByRole('link', { name: 'Join the waitlist' }).click()
  await page.getByRole('heading', { level: 1, name: 'Join the waitlist' }).waitFor()
  await page.getByLabel('Full name').fill(name)
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Join the waitlist' }).click()
  await isWaiting(page)
  return email
}

const isWaiting = (page: Page) => page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
const isOffered = (page: Page) => page.getByRole('heading', { level: 1, name: 'A time is held for you' }).waitFor()

test('a visit that is given up is offered to who waits for its type, and nobody else', async ({ site, mails }) => {
  const { practice, hearing, first, giveUp } = await aFullSession(site)
  const options = { areIntervalsShort: true }
  const [grace, linus, ada] = [await site.newPage(options), await site.newPage(options), await site.newPage()]
  await grace.setViewportSize({ width: 390, height: 844 })
  const email = await join(grace, practice, hearing, 'Grace Hopper')
  const request = grace.getByRole('region', { name: 'What you are waiting for' })
  for (const text of ['Hearing test', practice.doctor.name]) await request.getByText(text).waitFor()
  await grace.getByText('Position on the waitlist: 1').waitFor()
  // A first visit would fit into the time of the hearing test.
  await join(linus, practice, first, 'Linus Pauling')
  await linus.getByText('Position on the waitlist: 1').waitFor()

  await giveUp(ada)
  await isOffered(grace)
  const offer = grace.getByRole('region', { name: 'Offer' })
  await offer.getByText('Hearing test · 2 hours').waitFor()
  await offer.getByText(/13:00.+15:00/).waitFor()
  await untilRead(grace)
  await expectReadable(grace)
  const mail = await until(
    async () => mails.mails.find(({ recipients, text }) => recipients.includes(email) && text?.includes('/offer#')),
    () => `an offer to ${email}`,
    arrivesWithinMs,
  )
  expect(mail.text).toContain('Hearing test (120 minutes)')
  expect(mail.text).toContain('13:00')

  const accept = offer.getByRole('button', { name: 'Accept', exact: true })
  await accept.click()
  await offer.getByLabel('Allergies').and(grace.locator(':focus')).waitFor()
  await offer.getByText('Please answer this.').waitFor()
  expect(await axeFindings(grace)).toEqual([])
  await offer.getByLabel('Allergies').fill('Penicillin')
  await accept.click()
  await grace.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' }).waitFor()
  const ticket = grace.getByRole('article')
  for (const text of ['Hearing test', 'Penicillin']) await grace.getByText(text).first().waitFor()
  await ticket
    .getByText(/13:00.+15:00/)
    .first()
    .waitFor()

  await linus.reload()
  await isWaiting(linus)
  expect(await linus.getByRole('region', { name: 'Offer' }).count()).toBe(0)
  await linus.getByRole('button', { name: 'Leave the waitlist' }).click()
  await linus.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  await linus.getByRole('heading', { level: 1, name: 'You are no longer on the waitlist' }).waitFor()
})

test('an offered visit that nobody accepts goes to the next who waits for its type', async ({ site }) => {
  const { practice, hearing, giveUp, slot } = await aFullSession(site)
  const options = { areIntervalsShort: true }
  const [grace, mary, ada] = [await site.newPage(options), await site.newPage(options), await site.newPage()]
  await join(grace, practice, hearing, 'Grace Hopper')
  await join(mary, practice, hearing, 'Mary Somerville')
  await mary.getByText('Position on the waitlist: 2').waitFor()
  await giveUp(ada)
  await isOffered(grace)
  expect(await lapseHolds(site.database, slot)).toBe(1)
  await site.database.appPool.query('select holdfast.expire_holds(100)')
  await isOffered(mary)
  await isWaiting(grace)
  await mary.getByRole('button', { name: 'Decline' }).click()
  await isWaiting(mary)
  await mary.getByRole('cell', { name: 'Declined' }).waitFor()
})

test('nobody joins for what the clinic has to approve, and a doctor’s counts are those of the type', async ({
  site,
}) => {
  const { practice, hearing, first, surgery } = await aFullSession(site)
  const page = await site.newPage()
  await join(page, practice, hearing, 'Grace Hopper')
  await page.goto(`/doctors/${practice.doctor.id}?visitType=${surgery}`)
  await page.getByText('There are no free times for this appointment').waitFor()
  expect(await page.getByRole('link', { name: 'Join the waitlist' }).count()).toBe(0)
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}&visitType=${surgery}`)
  await page.getByText('itself adds people to the waitlist').waitFor()
  expect(await axeFindings(page)).toEqual([])
  for (const [type, count] of [
    [first, 0],
    [hearing, 1],
  ] as const) {
    await page.goto(`/doctors/${practice.doctor.id}?visitType=${type}`)
    await page.getByRole('link', { name: 'Join the waitlist' }).waitFor()
    await expect.poll(() => page.getByText('1 person waiting').count(), { message: type }).toBe(count)
  }
})
