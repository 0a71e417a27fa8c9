import { readFile } from 'node:fs/promises'
import { createHoldfastClient } from '@holdfast/contract/client'
import { aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { openMore } from './booking-steps.ts'
import { aClinicScene, type ClinicScene, giveRole, signInContext } from './clinic-scene.ts'
import { axeFindings, expectReadable, type Site, signUp } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const test = siteTest.extend('scene', async ({ site }) => {
  const scene = await aClinicScene(site)
  await dataOf(
    site.admin.updateDoctor({
      path: { doctorId: scene.doctor.id },
      body: { appointmentTypes: ['in_person', 'video'] },
    }),
  )
  return scene
})

async function aVideoBooking(site: Site, scene: ClinicScene, name: string, isConfirmed = true) {
  const path = { doctorId: scene.doctor.id }
  await dataOf(site.admin.setVideoRoom({ path, body: { url: 'https://meet.example/{room}' } }))
  const slot = await aSlot(site.database, scene.doctor)
  const booking = await dataOf(
    createHoldfastClient({ baseUrl: site.url }).createBooking({
      body: {
        slotId: slot.id,
        patient: { name },
        appointmentType: 'video',
        confirm: isConfirmed,
      },
    }),
  )
  return { slot, booking, ticket: `/ticket#${booking.id}.${booking.manageToken}` }
}

test('a doctor sets their video room; an invalid URL gets an error, and a change can be undone', async ({
  site,
  scene,
}) => {
  const page = await scene.open('doctor', '/my-day')
  await page.getByRole('link', { name: 'Video appointments' }).click()
  const room = page.getByLabel('Video room')
  const save = page.getByRole('button', { name: 'Save' })
  await room.fill('http://meet.example/{room}')
  await save.click()
  await page.getByText('Enter a full address', { exact: false }).waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('video-room')
  expect(await axeFindings(page)).toEqual([])
  await room.fill('https://meet.example/everybody')
  await page.getByText('all appointments share this address', { exact: false }).waitFor()
  await room.fill('https://meet.example/{room}')
  await page.getByText(/https:\/\/meet\.example\/[a-z0-9]+-/).waitFor()
  await save.click()
  // Under the pointer, the message does not end.
  await page.getByText('The video room is saved.').hover()
  const stored = async () => (await dataOf(site.admin.getVideoRoom({ path: { doctorId: scene.doctor.id } }))).url
  expect(await stored()).toBe('https://meet.example/{room}')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('The video room is removed.').waitFor()
  expect(await stored()).toBeNull()
  // The form then starts from the restored value.
  await room.and(page.locator('[value=""]')).waitFor()
  await room.fill('https://meet.example/{room}')
  await save.click()
  // During the request the button is inert too, but busy.
  await save.and(page.locator('[aria-disabled]:not([data-busy])')).waitFor()
  expect(await stored()).toBe('https://meet.example/{room}')
})

test('after confirmation, the link to join is on the ticket, in the calendar file and in the list', async ({
  site,
  scene,
}) => {
  const { booking, ticket } = await aVideoBooking(site, scene, 'Vera Video', false)
  const account = await signUp(site.url, 'Vera')
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await signInContext(site, page, account)
  await page.goto(ticket)
  await page.getByText('The link to join appears here once the appointment is confirmed.', { exact: false }).waitFor()
  // The page says whose telephone number it is.
  await page.getByRole('definition').filter({ hasText: 'Hill Clinic' }).waitFor()
  const join = page.getByRole('link', { name: 'Join the video appointment' })
  expect(await join.count()).toBe(0)
  await dataOf(site.admin.confirmBooking({ path: { bookingId: booking.id } }))
  await page.reload()
  await join.waitFor()
  const url = (await join.getAttribute('href')) ?? ''
  expect(url).toMatch(/^https:\/\/meet\.example\/[A-Za-z0-9_-]{16,}$/)
  expect([await join.getAttribute('target'), await join.getAttribute('rel')]).toEqual(['_blank', 'noopener noreferrer'])
  await expectReadable(page)

  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Add to calendar' }).click()
  const file = (await readFile(await (await downloading).path(), 'utf8')).replaceAll('\r\n ', '')
  expect(file).toContain(`URL:${url}\r\n`)
  expect(file).toContain(`LOCATION:${url}\r\n`)

  // The ticket kept on the device contains no link to join.
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  await page.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  const stored = await page.evaluate(async () => {
    const cache = await caches.open('holdfast-kept-tickets')
    const responses = await Promise.all((await cache.keys()).map((key) => cache.match(key)))
    return (await Promise.all(responses.map((response) => response?.text() ?? ''))).join()
  })
  expect(stored).toContain(booking.id)
  expect(stored).not.toContain(url)

  await page.getByRole('button', { name: 'Add to my account' }).click()
  await page.getByRole('link', { name: 'See all your appointments' }).click()
  expect(
    await page.getByRole('listitem').getByRole('link', { name: 'Join the video appointment' }).getAttribute('href'),
  ).toBe(url)
  await expectReadable(page)
})

test('doctor and reception join each visit in a separate room', async ({ site, scene }) => {
  const [first, second] = [
    await aVideoBooking(site, scene, 'Walter Webcam'),
    await aVideoBooking(site, scene, 'Wanda Webcam'),
  ]
  const day = first.slot.startsAt.toISOString().slice(0, 10)
  const page = await scene.pageOf('doctor')
  const joinOf = (name: string) => page.getByRole('link', { name: `Join – ${name}` })
  await page.goto(`/my-day?day=${day}`)
  await joinOf('Walter Webcam').waitFor()
  const read = async (bookingId: string) => (await dataOf(site.admin.getBooking({ path: { bookingId } }))).joinUrl
  const [room, another] = [await read(first.booking.id), await read(second.booking.id)]
  expect(await joinOf('Walter Webcam').getAttribute('href')).toBe(room)
  expect(another).not.toBe(room)
  expect(await axeFindings(page)).toEqual([])
  const desk = await scene.open('staff', `/clinic/${scene.clinic.id}/bookings/${first.booking.id}`)
  expect(await desk.getByRole('link', { name: 'Join the video appointment' }).getAttribute('href')).toBe(room)
  expect(await axeFindings(desk)).toEqual([])
})

test('an admin sets the video room in the doctor’s form, which leaves the rating as it is', async ({ site, scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/doctors`)
  await page.getByRole('button', { name: 'Add doctor' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Name').fill('Dr Rita Rating')
  await form.getByLabel('Specialisation').fill('Neurology')
  expect(await form.getByLabel('Video room').count()).toBe(0)
  await form.getByLabel('Video', { exact: true }).check()
  await form.getByLabel('Video room').fill('https://ada:secret@meet.example/')
  await form.getByRole('button', { name: 'Add doctor' }).click()
  await form.getByText('must not contain a user name or a password', { exact: false }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await form.getByLabel('Video room').fill('https://meet.example/rita?visit={room}')
  await form.getByRole('button', { name: 'Add doctor' }).click()
  await page.getByText('Dr Rita Rating was added').waitFor()
  const rita = async () => {
    const { items } = await dataOf(site.admin.listDoctors({ query: { clinicId: scene.clinic.id, q: 'Rita' } }))
    return items[0]
  }
  expect((await rita())?.rating).toBeNull()
  const path = { doctorId: (await rita())?.id ?? '' }
  await dataOf(site.admin.updateDoctor({ path, body: { rating: 4.3 } }))
  await page.getByRole('button', { name: 'Edit Dr Rita Rating' }).click()
  await form.getByLabel('Video room').and(page.locator('[value="https://meet.example/rita?visit={room}"]')).waitFor()
  await form.getByLabel('Years of experience').fill('12')
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Dr Rita Rating: saved.').waitFor()
  expect(await rita()).toMatchObject({ rating: 4.3, experienceYears: 12 })
})

test('a doctor who doesn’t offer video yet reads who can turn it on', async ({ site, scene }) => {
  const other = await aDoctor(site.database, scene.clinic, { name: 'Dr Otto Office' })
  const account = await signUp(site.url, 'Otto Office')
  await giveRole(site, scene.clinic, account, { role: 'doctor', doctorId: other.id })
  const page = await site.newPage({ locale: 'ar', viewport: { width: 320, height: 700 } })
  await signInContext(site, page, account)
  await page.goto('/my-day/video')
  await page.getByRole('note').waitFor()
  await expectReadable(page)
})
