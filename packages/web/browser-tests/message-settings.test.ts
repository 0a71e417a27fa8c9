import { randomUUID } from 'node:crypto'
import { aBooking, aPng, aSlot, until } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

async function openSettings(scene: ClinicScene): Promise<Page> {
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/settings`)
  await page.getByRole('heading', { name: 'Preview of messages' }).waitFor()
  await untilRead(page)
  return page
}

const logoSection = (page: Page) => page.getByRole('region', { name: 'Logo' })

/** A picture as the browser itself encodes it. */
async function pictureOf(page: Page, type: string, width: number): Promise<Buffer> {
  const url = await page.evaluate(
    ([kind, size]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: size, height: 30 })
      canvas.getContext('2d')?.fillRect(0, 0, size / 2, 20)
      return canvas.toDataURL(kind)
    },
    [type, width] as const,
  )
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}

/** A JPEG with the Exif orientation of a telephone that was held upright. */
function turned(jpeg: Buffer): Buffer {
  const tiff = [...Buffer.from('MM'), 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
  const data = Buffer.from([...Buffer.from('Exif\0\0'), ...tiff])
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, data.length + 2]), data, jpeg.subarray(2)])
}

const choose = (page: Page, mimeType: string, buffer: Buffer) =>
  logoSection(page).locator('input[type=file]').setInputFiles({ name: 'logo', mimeType, buffer })

/** The width of the shown image, from its content; 0: it could not be decoded. */
const shownWidth = (page: Page, name: string) =>
  page
    .getByRole('img', { name })
    .first()
    .evaluate(async (image: HTMLImageElement) => {
      await image.decode()
      return image.naturalWidth
    })

const logoOf = async (site: Site, { clinic }: ClinicScene) =>
  (await dataOf(site.admin.getClinic({ path: { clinicId: clinic.id } }))).logo

test('an administrator sets, replaces and removes the logo, which patients see', async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: `Logo ${randomUUID()}` })
  const { name } = await dataOf(site.admin.getClinic({ path: { clinicId: scene.clinic.id } }))
  const page = await openSettings(scene)
  const section = logoSection(page)
  let width = 80
  for (const type of ['image/png', 'image/jpeg', 'image/webp']) {
    width += 10
    await choose(page, type, await pictureOf(page, type, width))
    await page.waitForFunction((wide) => document.querySelector(`img[width="${wide}"]`) !== null, width)
    expect(await shownWidth(page, name), type).toBe(width)
    expect(await logoOf(site, scene)).toMatchObject({ width, height: 30 })
  }
  expect(await axeFindings(page)).toEqual([])
  for (const path of [`/doctors/${scene.doctor.id}`, `/?clinicId=${scene.clinic.id}`]) {
    const patient = await site.newPage({ viewport: { width: 320, height: 640 } })
    await patient.goto(path)
    expect(await shownWidth(patient, name)).toBe(width)
    await untilRead(patient)
    expect(await axeFindings(patient), path).toEqual([])
    expect(await sidewaysPixels(patient), path).toBe(0)
  }

  await choose(page, 'image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))
  await section.getByText('Choose a PNG, JPEG or WebP image.').waitFor()
  await choose(page, 'image/png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))
  await section.getByText('This file cannot be read as an image.').waitFor()
  await choose(page, 'image/jpeg', turned(await pictureOf(page, 'image/jpeg', 200)))
  await section.getByText('turned by a camera. Save it again as PNG.').waitFor()
  await choose(page, 'image/png', aPng({ width: 1201, height: 1 }))
  await section.getByText('more than 1,200 pixels').waitFor()
  await choose(page, 'image/png', Buffer.alloc(204_801))
  await section.getByText('larger than 200 KB').waitFor()
  expect(await logoOf(site, scene)).toMatchObject({ width })
  await section.getByRole('button', { name: 'Remove' }).click()
  await section.getByRole('button', { name: 'Choose an image' }).waitFor()
  expect(await logoOf(site, scene)).toBeNull()
})

test('an administrator sees each message as patients get it, in a frame that requests nothing', async ({ site }) => {
  const scene = await aClinicScene(site)
  const path = { clinicId: scene.clinic.id }
  const textBefore = `Bring your card ${randomUUID()}.`
  await dataOf(site.admin.updateMessageSettings({ path, body: { textBefore } }))
  await site.admin.setClinicLogo({ path, body: { image: aPng({ width: 77 }).toString('base64') } })
  const page = await openSettings(scene)
  const section = page.getByRole('region', { name: 'Preview of messages' })
  const frame = section.locator('iframe')
  await frame.waitFor()
  const html = async () => (await frame.getAttribute('srcdoc')) ?? ''
  expect(await frame.getAttribute('sandbox')).toBe('')
  expect(await html()).toContain(textBefore)
  expect(await html()).toContain('src="data:image/png;base64,')
  await section.getByText('Your appointment on', { exact: false }).first().waitFor()
  expect(await axeFindings(page)).toEqual([])
  // The mail can be reached by keyboard, and shows that it has the focus.
  await section.getByLabel('Shown as').focus()
  await page.keyboard.press('Tab')
  const mail = section.frameLocator('iframe').locator('body:focus-visible')
  expect(await mail.evaluate((body) => Number.parseFloat(getComputedStyle(body).outlineWidth))).toBe(3)
  await page.keyboard.press('Tab')
  await mail.waitFor({ state: 'detached' })

  await section.getByLabel('Message').selectOption('Reminder')
  await section.getByLabel('Language').selectOption('Deutsch')
  await section.getByText('Erinnerung', { exact: false }).first().waitFor()
  await section.getByLabel('Shown as').selectOption('E-mail, text only')
  await section.getByText(textBefore, { exact: false }).waitFor()
  await section.getByLabel('Shown as').selectOption('SMS')
  await section.getByText(/^\d+ SMS/).waitFor()
  // There is none by SMS of a link that proves an e-mail address.
  await section.getByLabel('Message').selectOption('Link to confirm')
  await frame.waitFor()
  expect(await section.getByLabel('Shown as').locator('option').allTextContents()).not.toContain('SMS')
  const offered = await section.getByLabel('Message').locator('option').allTextContents()
  const ofRequests = ['Link to confirm a request', 'Request received', 'Request declined', 'Request not answered']
  expect(offered).toEqual(expect.arrayContaining(ofRequests))
  await section.getByLabel('Message').selectOption('Link to confirm a request')
  await section.getByText('Bitte senden Sie Ihre Anfrage', { exact: false }).first().waitFor()
  await page.setViewportSize({ width: 320, height: 640 })
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)
})

test('the frame of a preview requests nothing, even if its mail did (control: without its policy it does)', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await openSettings(scene)
  const requested: string[] = []
  await page.route('**/icons/planted-*', (route) => {
    requested.push(new URL(route.request().url()).pathname)
    return route.fulfill({ status: 404 })
  })
  const frame = page.getByRole('region', { name: 'Preview of messages' }).locator('iframe')
  /** Shows the mail with an image of this site, which the policy of the page itself would allow. */
  const show = (image: string, withPolicy: boolean) =>
    frame.evaluate(
      (element: HTMLIFrameElement, [src, hasPolicy]) =>
        new Promise<void>((resolve) => {
          element.addEventListener('load', () => resolve(), { once: true })
          const html = hasPolicy
            ? element.srcdoc
            : element.srcdoc.replace(/<meta http-equiv[^>]*>/, '').replace(/<img[^>]*planted[^>]*>/, '')
          element.srcdoc = html.replace('</body>', `<img alt="" src="${src}"></body>`)
        }),
      [image, withPolicy] as const,
    )
  const [withPolicy, without] = ['/icons/planted-with.png', '/icons/planted-without.png']
  await show(site.url + withPolicy, true)
  expect(requested).toEqual([])
  await show(site.url + without, false)
  await until(
    async () => (requested.includes(without) ? true : undefined),
    () => 'the image of the frame without a policy',
  )
  expect(requested).not.toContain(withPolicy)
  // What the browser says of the refused image.
  await until(
    async () => (site.pageErrors.splice(0).join().includes('Content Security Policy') ? true : undefined),
    () => 'the report of the browser',
  )
})

test('who switches messages on is asked about the visits that are booked already, and answers either way', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { clinic: `Reminders ${randomUUID()}` })
  const path = { clinicId: scene.clinic.id }
  const switchOff = async () => dataOf(site.admin.updateMessageSettings({ path, body: { emails: false } }))
  await switchOff()
  const startsAt = new Date(Date.now() + 5 * 86_400_000)
  const slot = await aSlot(site.database, scene.doctor, { startsAt, capacity: 2 })
  for (const name of ['Early Eva', 'Early Emil']) {
    await aBooking(site.database, slot, { patient: { name, email: 'early@example.org' } })
  }
  const page = await openSettings(scene)
  const question = page.getByRole('group', { name: '2 appointments that are booked already have no such reminders' })
  const switchOn = async () => {
    await page.getByRole('switch', { name: 'Send e-mails to patients' }).check()
    await page.getByRole('button', { name: 'Apply to messages' }).click()
    await question.and(page.locator(':focus')).waitFor()
  }
  const planned = async () =>
    (
      await site.database.ownerPool.query(`select from holdfast.message where clinic_no = $1 and kind = 'reminder'`, [
        scene.clinic.no,
      ])
    ).rowCount
  await switchOn()
  expect(await axeFindings(page)).toEqual([])
  await question.getByRole('button', { name: 'Leave them as they are' }).click()
  await question.waitFor({ state: 'hidden' })
  expect(await planned()).toBe(0)
  // It is asked again whenever the settings are shown, as long as it is true.
  await page.reload()
  await question.waitFor()
  expect(await question.and(page.locator(':focus')).count()).toBe(0)
  await switchOff()
  await page.reload()
  await untilRead(page)
  await switchOn()
  await question.getByRole('button', { name: 'Plan reminders' }).click()
  await page.getByText('The reminders are planned.').waitFor()
  await question.waitFor({ state: 'hidden' })
  expect(await planned()).toBe(4)
})
