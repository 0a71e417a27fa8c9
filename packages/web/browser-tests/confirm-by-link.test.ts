import { randomUUID } from 'node:crypto'
import { type MailServer, until } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, dataOf } from './a-practice.ts'
import { sessionDay } from './a-visit-practice.ts'
import { confirm, hold, openHeld } from './booking-steps.ts'
import { anAddress, axeFindings, expectReadable, sidewaysPixels, signInPage, signUp, untilRead } from './harness.ts'
import { aPracticeByLink, arrivesWithinMs, mailTest as test } from './mail-test.ts'

/** The part of an e-mail's link after the host, once `count` e-mails to this address have come. */
async function linkIn({ mails }: MailServer, to: string, count = 1): Promise<string> {
  const mail = await until(
    async () => mails.filter(({ recipients }) => recipients.includes(to))[count - 1],
    () => `e-mail ${count} to ${to}`,
    arrivesWithinMs,
  )
  const [, link = ''] =
    /https?:\/\/[^/\s]+(\/(?:confirm|confirm-email|undo-email|reset-password|ticket)#\S+)/.exec(mail.text ?? '') ?? []
  return link
}

/** Signs in by the link of the page, which comes back. */
async function signInHere(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function submit(page: Page, name: string, email: string): Promise<void> {
  await page.getByLabel('Full name').fill(name)
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByRole('heading', { name: 'Check your e-mail' }).and(page.locator(':focus')).waitFor()
  await page.getByText(email, { exact: false }).waitFor()
}

test('a guest confirms by the button behind the link, and the first page opens the ticket', async ({ site, mails }) => {
  const [mistyped, address] = [anAddress(), anAddress()]
  const practice = await aPracticeByLink(site, 'Confirm by Link Clinic')
  const page = await site.newPage({ areIntervalsShort: true, viewport: { width: 390, height: 844 } })
  await openHeld(page, practice, '9:00')
  await submit(page, 'Grace Hopper', mistyped)
  await expectReadable(page)

  // The address has a typing error.
  await page.getByRole('button', { name: 'Use another address' }).click()
  await submit(page, 'Grace Hopper', address)
  const link = await linkIn(mails, address)
  const old = await linkIn(mails, mistyped)

  // A program that checks mails opens the link, and runs the page's scripts: nothing is confirmed.
  const scanner = await site.open(link)
  await scanner.getByRole('button', { name: 'Confirm the appointment' }).waitFor()
  expect(await scanner.evaluate(() => location.hash)).not.toContain('hf')
  expect(await axeFindings(scanner)).toEqual([])
  await page.reload()
  await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor()

  const outdated = await site.open(old)
  await outdated.getByRole('button', { name: 'Confirm the appointment' }).click()
  await outdated.getByText('A newer e-mail was sent for this appointment.', { exact: false }).waitFor()

  const phone = await site.open(link, { viewport: { width: 390, height: 844 } })
  await phone.reload()
  await phone.getByRole('button', { name: 'Confirm the appointment' }).click()
  await phone.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  expect(await sidewaysPixels(phone)).toBe(0)
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await outdated.goto('/')
  await outdated.goto(link)
  await outdated.getByText('This appointment is confirmed already').waitFor()
  await outdated.getByRole('link', { name: 'Open the ticket' }).click()
  await outdated.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('behind the link, a visit type that the clinic has to agree to is asked for, and not confirmed', async ({
  site,
  mails,
}) => {
  const practice = await aPracticeByLink(site, 'Ask by Link Clinic')
  const address = anAddress()
  const path = { clinicId: practice.clinic.id }
  const surgery = { name: 'Minor surgery', minutes: 30, approval: 'holding', approvalMinutes: 1_440 } as const
  const { id } = await dataOf(site.admin.createVisitType({ path, body: surgery }))
  const session = { startsAt: `${sessionDay}T13:00:00Z`, endsAt: `${sessionDay}T15:00:00Z` }
  await dataOf(site.admin.createOpenSessions({ path: { doctorId: practice.doctor.id }, body: { sessions: [session] } }))
  const page = await site.open(`/doctors/${practice.doctor.id}?visitType=${id}`)
  await hold(page, '13:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('E-mail').fill(address)
  await page.getByRole('button', { name: 'Send request' }).click()
  await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor()
  const phone = await site.newPage({ viewport: { width: 390, height: 844 } })
  await phone.goto(await linkIn(mails, address))
  await phone.getByRole('heading', { level: 1, name: 'Ask for this appointment' }).waitFor()
  expect(
    await phone
      .getByRole('main')
      .getByText(/confirm/i)
      .count(),
  ).toBe(0)
  await expectReadable(phone)
  await phone.getByRole('button', { name: 'Send request' }).click()
  await phone.getByRole('heading', { name: 'Your request was sent' }).waitFor()
})

test('the page says when the address was refused, and takes another', async ({ site, mails }) => {
  const address = anAddress()
  const practice = await aPracticeByLink(site, 'Refused Address Clinic')
  const page = await site.newPage({ areIntervalsShort: true, viewport: { width: 390, height: 844 } })
  await openHeld(page, practice, '9:30')
  mails.refuseWith('550 5.1.1 unknown')
  await submit(page, 'Ada Lovelace', anAddress())
  await page.getByText('was refused: there may be a mistake in the address.', { exact: false }).waitFor()
  await expectReadable(page)
  mails.refuseWith(null)
  await page.getByRole('button', { name: 'Use another address' }).click()
  await submit(page, 'Ada Lovelace', address)
  await page.getByText('We sent a link to', { exact: false }).waitFor()
  expect(await linkIn(mails, address)).toContain('/confirm#')
})

test('the page advises only what its buttons offer, also when no more e-mails are sent', async ({ site }) => {
  const practice = await aPracticeByLink(site, 'Last E-mail Clinic')
  const page = await site.newPage()
  await openHeld(page, practice, '9:45')
  await page.getByText('For the confirmation and the link to your ticket.').waitFor()
  await submit(page, 'Ada Lovelace', anAddress())
  const other = page.getByRole('button', { name: 'Use another address' })
  const reopen = async (changed: { nextAt?: null; failure: string | null }) => {
    // The response is as if the e-mail was sent as often as it may be.
    await page.route('**/api/v1/bookings/*', async (route) => {
      const response = await route.fetch()
      const booking = await response.json()
      const confirmationLink = { ...booking.confirmationLink, ...changed }
      await route.fulfill({ response, json: { ...booking, confirmationLink } })
    })
    await page.reload()
    await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor()
  }
  for (const failure of ['address_refused', 'address_limit', 'network_limit', 'not_sent']) {
    await reopen({ failure })
    await page.getByText(/se another address, or call the clinic/).waitFor()
    expect(await other.count()).toBe(1)
    await reopen({ failure, nextAt: null })
    await page.getByText('No more e-mails can be sent for this appointment. Please call the clinic.').waitFor()
    expect(await page.getByText(/another address|send it again/i).count()).toBe(0)
  }
  await reopen({ failure: null, nextAt: null })
  await page.getByText('The e-mail was sent as often as possible.').waitFor()
  expect(await other.count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('a link whose hold was released offers the doctor’s times', async ({ site, mails }) => {
  const address = anAddress()
  const practice = await aPracticeByLink(site, 'Released by Guest Clinic')
  const page = await site.newPage()
  await openHeld(page, practice, '9:15')
  await submit(page, 'Ada Lovelace', address)
  const link = await linkIn(mails, address)
  await page.getByRole('button', { name: 'Choose another time' }).click()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
  const late = await site.open(link)
  await late.getByText('This time is no longer held').waitFor()
  await late.getByRole('link', { name: 'Choose another time' }).click()
  await late.getByRole('heading', { name: 'Choose a time' }).waitFor()
})

test('a guest confirms a held time whose doctor’s bookings were stopped meanwhile', async ({ site, mails }) => {
  const address = anAddress()
  const practice = await aPracticeByLink(site, 'Stopped by Clinic')
  const page = await site.newPage({ areIntervalsShort: true })
  await openHeld(page, practice, '9:00')
  await submit(page, 'Grace Hopper', address)
  const link = await linkIn(mails, address)
  await dataOf(site.admin.updateDoctor({ path: { doctorId: practice.doctor.id }, body: { active: false } }))
  const confirming = await site.open(link)
  await confirming.getByText('Dr Amara Okafor', { exact: false }).waitFor()
  await confirming.getByRole('button', { name: 'Confirm the appointment' }).click()
  await confirming.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await confirming.getByText('Dr Amara Okafor', { exact: false }).waitFor()
  // The page that held the time opens the ticket, too.
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('a guest who lost the ticket gets its link at the address of the booking', async ({ site, mails }) => {
  const address = anAddress()
  // Another name for each attempt.
  const clinicName = `Lost Ticket ${randomUUID()}`
  const practice = await aPractice(site, { clinicName })
  const page = await site.newPage()
  await openHeld(page, practice, '9:30')
  await page.getByLabel('E-mail').fill(address)
  await confirm(page, 'Iris Ng')
  const reference = await page.evaluate(() => location.hash.slice(-8))
  await linkIn(mails, address)
  const elsewhere = await site.open('/find-booking')
  await elsewhere.getByLabel('Reference').fill(reference)
  await elsewhere
    .getByRole('textbox', { name: 'Day of the appointment' })
    .fill(practice.slots[0]?.startsAt.slice(0, 10) ?? '')
  await elsewhere.getByLabel('E-mail address of the appointment').fill(address)
  await elsewhere.getByRole('button', { name: 'Continue' }).click()
  await elsewhere.getByText('Choose the clinic, so that we can send the link.').waitFor()
  await elsewhere.getByRole('combobox', { name: 'Clinic' }).fill(clinicName)
  await elsewhere.getByRole('option', { name: clinicName }).click()
  await elsewhere.getByRole('button', { name: 'Continue' }).click()
  await elsewhere.getByText('the link to the ticket is on its way', { exact: false }).waitFor()
  expect(await axeFindings(elsewhere)).toEqual([])
  const link = await linkIn(mails, address, 2)
  await elsewhere.goto(link)
  await elsewhere.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('an account confirms its address with a press, after signing in; a change of it can be undone', async ({
  site,
  mails,
}) => {
  const account = await signUp(site.url, 'Ada')
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await page.goto(await linkIn(mails, account.email))
  await page.getByRole('heading', { name: 'Confirm your e-mail address' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await signInHere(page, account)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await page.getByText('This address is confirmed.').waitFor()

  const newEmail = `new-${account.email}`
  await page.getByRole('button', { name: 'Change the e-mail address' }).click()
  await page.getByLabel('New e-mail address').fill(newEmail)
  await page.getByRole('dialog').getByLabel('Current password', { exact: true }).fill(account.password)
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText('a link is on its way there').waitFor()
  await page.goto(await linkIn(mails, newEmail))
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await page.getByRole('region', { name: 'E-mail address' }).getByText(newEmail).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)

  await page.goto(await linkIn(mails, account.email, 2))
  await page.getByRole('button', { name: 'Undo the change' }).click()
  await page.getByText('Your account has its earlier address again').waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('a forgotten password is replaced with the link of an e-mail, which signs out everywhere and works once', async ({
  site,
  mails,
}) => {
  const account = await signUp(site.url, 'Ada')
  await linkIn(mails, account.email)
  const signedIn = await site.newPage()
  await signInPage(signedIn, account, '/account')

  const page = await site.open('/sign-in', { viewport: { width: 320, height: 640 } })
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByRole('status').filter({ hasText: account.email }).waitFor()

  const link = await linkIn(mails, account.email, 2)
  await page.goto(link)
  const password = 'a password that I chose'
  await page.getByLabel('New password', { exact: true }).fill(password)
  await page.getByLabel('New password, again').fill(password)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.waitForURL((url) => url.pathname === '/sign-in' && url.hash === '')
  await signedIn.reload()
  await signedIn.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()

  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  const submitSignIn = page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true })
  await submitSignIn.click()
  await page.getByText('The e-mail address or the password is wrong.').waitFor()
  await signInPage(page, { ...account, password }, '/account')
  await page.getByText(account.email).first().waitFor()

  const again = await site.open(link)
  await again.getByLabel('New password', { exact: true }).fill('another password of mine')
  await again.getByLabel('New password, again').fill('another password of mine')
  await again.getByRole('button', { name: 'Change password' }).click()
  await again.getByText('This link no longer works').waitFor()
})

test('an invitation’s link is of no use to another account; the invited one confirms its address, and accepts', async ({
  site,
  mails,
}) => {
  const { clinic } = await aPractice(site, { clinicName: 'Inviting Clinic' })
  const email = anAddress()
  const body = { email, role: 'staff' as const }
  const invited = await dataOf(site.admin.createInvitation({ path: { clinicId: clinic.id }, body }))
  const invitation = `/invitation${new URL(invited.link).hash}`
  const stranger = await signUp(site.url, 'Sam')
  const page = await site.open(invitation, { viewport: { width: 320, height: 640 } })
  await page.getByText(`It is for the e-mail address ${email.slice(0, 1)}…@`, { exact: false }).waitFor()
  const accept = page.getByRole('button', { name: 'Accept the invitation' })
  await signInHere(page, stranger)
  await page.getByText('This invitation is only for', { exact: false }).waitFor()
  expect(await accept.count()).toBe(0)
  await untilRead(page)
  await expectReadable(page)
  await page.getByRole('button', { name: 'Sign out and use another account' }).click()
  await page.getByRole('main').getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name').fill('Nora New')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('a password of the tests')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('First confirm your e-mail address', { exact: false }).waitFor()
  expect(await accept.count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  const opened = await page.context().newPage()
  await opened.goto(new URL(await linkIn(mails, email), site.url).href)
  await opened.getByRole('button', { name: 'Confirm the address' }).click()
  await opened.getByText('This address is confirmed.').waitFor()
  await opened.close()
  await page.reload()
  await accept.click()
  await page.getByText('Welcome to Inviting Clinic.').waitFor()
})
