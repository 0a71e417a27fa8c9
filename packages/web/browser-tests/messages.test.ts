import { randomUUID } from 'node:crypto'
import { aBooking, aSlot, until } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { axeFindings, expectFits, type Site } from './harness.ts'
import { test } from './scene-test.ts'

/** A message as the server would have left it. */
async function aMessage(
  site: Site,
  scene: ClinicScene,
  state: 'kept' | 'failed' | 'skipped' | 'due',
  result: string | null = null,
  patient = { name: 'Pia', email: 'pia@example.org' },
) {
  const failure = state === 'failed' ? 'address_refused' : null
  const reason = state === 'skipped' ? 'unwanted' : null
  const slot = await aSlot(site.database, scene.doctor)
  const booking = await aBooking(site.database, slot, { patient })
  const content = { subject: 'It is confirmed', text: 'Hello Pia', html: '<p>Hello Pia</p>' }
  await site.database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at,
       masked_address, result, content, failure, reason)
     values ($1, $2, $3, 2, $4, 'confirmed', 'email', $5,
       -- One that is due now would be sent by the server.
       case when $5 = 'due' then now() + interval '1 hour' else now() end, case when $5 <> 'due' then now() end,
       'p…@example.org', $6, $7, $8, $9)
     -- The server may have planned it already.
     on conflict (clinic_no, booking_id, version, kind, channel, minutes_before) do update
       set (id, state, due_at, done_at, masked_address, result, content, failure, reason) = (excluded.id,
         excluded.state, excluded.due_at, excluded.done_at, excluded.masked_address, excluded.result, excluded.content,
         excluded.failure, excluded.reason)`,
    [
      scene.clinic.no,
      booking.id,
      booking.id,
      slot.id,
      state,
      result,
      state === 'kept' ? content : null,
      failure,
      reason,
    ],
  )
  // Any id of the clinic will do.
  return { id: booking.id, bookingId: booking.id }
}

const stateOf = async (site: Site, id: string) =>
  (await site.database.ownerPool.query('select state from holdfast.message where id = $1', [id])).rows[0]?.state

test('staff see what was not sent, and send it again; an administrator reads what it says', async ({ site, scene }) => {
  const kept = await aMessage(site, scene, 'kept')
  const failed = await aMessage(site, scene, 'failed', '550 no such user')
  await aMessage(site, scene, 'skipped')
  const arrived = await aMessage(site, scene, 'skipped')
  await site.database.ownerPool.query('update holdfast.message set may_have_arrived = true where id = $1', [arrived.id])
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/messages`)
  await page.getByRole('heading', { level: 1, name: 'Messages to patients' }).waitFor()
  const row = page.getByRole('row').filter({ hasText: 'Not sent: no mail server is set' })
  await row.filter({ hasText: 'p…@example.org' }).waitFor()
  const skipped = page.getByRole('row').filter({ hasText: 'The patient does not want it.' })
  await skipped.filter({ hasText: 'Not sent' }).waitFor()
  await skipped.filter({ hasText: 'May have arrived' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await row.getByRole('button', { name: 'Read' }).click()
  const dialog = page.getByRole('dialog', { name: 'Content of the message' })
  await dialog.getByText('Hello Pia').waitFor()
  await page.keyboard.press('Escape')

  await page.goto(`/clinic/${scene.clinic.id}/bookings/${failed.bookingId}`)
  const refused = page.getByRole('alert').filter({ hasText: 'E-mails do not reach the patient' })
  await refused.getByText('refuses the address', { exact: false }).waitFor()
  await page.getByText('does not exist or receives no mail', { exact: false }).waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.goto(`/clinic/${scene.clinic.id}/messages`)
  await page.getByLabel('Result').selectOption('Failed')
  await row.waitFor({ state: 'hidden' })
  await page
    .getByRole('row')
    .filter({ hasText: '550 no such user' })
    .getByRole('button', { name: 'Send again' })
    .click()
  await page.getByText('The message will be sent within a minute.').waitFor()
  expect(await stateOf(site, failed.id)).not.toBe('failed')

  await page.goto(`/clinic/${scene.clinic.id}/bookings/${kept.bookingId}`)
  const section = page.getByRole('region', { name: 'Messages to patients' })
  expect(await refused.count()).toBe(0)
  await section.getByText('Not sent: no mail server is set').waitFor()
  await expectFits(page, { width: 320, height: 640 })

  await page.goto(`/clinic/${scene.clinic.id}/messages`)
  // The one that was sent again may have come as far by now.
  await row.first().waitFor()
  // On a phone, each label has a value beside it.
  expect(
    await page.locator('td[data-label]').evaluateAll((cells) => cells.map((cell) => cell.textContent)),
  ).not.toContain('')
  expect(await page.locator('td[data-label]:has(button)').count()).toBe(0)

  const desk = await scene.open('staff', `/clinic/${scene.clinic.id}/messages`)
  await desk.getByRole('row').filter({ hasText: 'Not sent: no mail server is set' }).first().waitFor()
  expect(await desk.getByRole('button', { name: 'Read' }).count()).toBe(0)
})

test('staff find the messages to a patient by name, e-mail and reference, and open the booking', async ({ site }) => {
  const scene = await aClinicScene(site)
  await aMessage(site, scene, 'failed')
  const { bookingId } = await aMessage(site, scene, 'skipped', null, { name: 'Zoë Groß', email: 'zoe@example.org' })
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/messages`)
  const [pia, zoe] = ['Pia', 'Zoë Groß'].map((name) => page.getByRole('row').filter({ hasText: name }))
  await pia?.first().waitFor()
  const reference = `${bookingId.slice(-8, -4)}-${bookingId.slice(-4)}`
  for (const text of ['zoe gross', 'zoe@example', reference.toUpperCase()]) {
    await page.getByRole('searchbox', { name: 'Search' }).fill(text)
    await pia?.first().waitFor({ state: 'hidden' })
    await zoe?.first().waitFor()
    await page.getByRole('searchbox', { name: 'Search' }).fill('')
    await pia?.first().waitFor()
  }
  await page.getByRole('searchbox', { name: 'Search' }).fill('nobody of that name')
  await page.getByText('No messages found').waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).fill('Zoe')
  await zoe?.first().getByText('Dr').first().waitFor()
  expect(await axeFindings(page)).toEqual([])
  await expectFits(page, { width: 320, height: 640 })
  await zoe?.first().getByRole('link', { name: 'Zoë Groß' }).click()
  await page.waitForURL(`**/bookings/${bookingId}`)
})

test('an administrator changes when reminders are sent', async ({ site, scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/settings`)
  const section = page.getByRole('region', { name: 'Messages to patients' })
  const reminders = section.getByLabel('Reminders, hours before the appointment')
  await reminders.fill('a day')
  await section.getByRole('button', { name: 'Apply to messages' }).click()
  await section.getByText('Enter up to five different numbers').waitFor()
  await reminders.and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await reminders.fill('48, 1.5')
  await section.getByLabel('Text at the end of each message').fill(`Bring your card ${randomUUID()}.`)
  await section.getByRole('button', { name: 'Apply to messages' }).click()
  const path = { clinicId: scene.clinic.id }
  const saved = await until(
    async () => {
      const settings = await dataOf(site.admin.getMessageSettings({ path }))
      return settings.reminderMinutes.includes(2880) ? settings : undefined
    },
    () => 'the settings to be saved',
  )
  expect(saved).toMatchObject({ reminderMinutes: [2880, 90], quietFrom: '00:00', quietUntil: '00:00', replyTo: null })
  expect(saved.textAfter).toContain('Bring your card')
})

test('staff see when the last attempt at a message was and the next one is, and what may have been sent', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const waiting = await aMessage(site, scene, 'due', '421 try again later')
  const unknown = await aMessage(site, scene, 'failed')
  const change = (id: string, columns: string) =>
    site.database.ownerPool.query(`update holdfast.message set ${columns} where id = $1`, [id])
  await change(
    waiting.id,
    `attempts = 3, attempted_at = '2031-03-04 10:15+00', due_at = '2031-03-04 10:19+00', done_at = null`,
  )
  await change(unknown.id, `failure = 'unknown'`)
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/messages`)
  const row = page.getByRole('row').filter({ hasText: '421 try again later' })
  await row.getByText(/^The last attempt did not succeed: .*:15.*\. Next attempt: .*:19.*\.$/).waitFor()
  await page.getByRole('row').filter({ hasText: 'Not known whether it was sent' }).waitFor()
  expect(
    await page
      .getByRole('row')
      .filter({ hasText: /Failed/ })
      .count(),
  ).toBe(0)
})

test('a message whose sending got no response is not sent again by another press, however late', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { id } = await aMessage(site, scene, 'failed')
  const page = await scene.pageOf('staff')
  const keys: (string | undefined)[] = []
  await page.route('**/messages/*/send', async (route) => {
    keys.push(route.request().headers()['idempotency-key'])
    if (keys.length > 1) return route.continue()
    await route.fetch()
    await route.abort()
  })
  await page.goto(`/clinic/${scene.clinic.id}/messages`)
  const again = page.getByRole('row').filter({ hasText: 'p…@example.org' }).getByRole('button', { name: 'Send again' })
  await again.click()
  await page.getByRole('alert').waitFor()
  await site.database.ownerPool.query(
    `update holdfast.message
        set state = 'sent', done_at = now(), sent_again_at = now() - interval '1 hour' where id = $1`,
    [id],
  )
  await again.click()
  await page.getByText('The message will be sent within a minute.').waitFor()
  expect(keys).toEqual([expect.stringContaining(id), keys[0]])
  const { rows } = await site.database.ownerPool.query(
    `select sent_again_at < now() - interval '30 minutes' as once from holdfast.message where id = $1`,
    [id],
  )
  expect(rows).toEqual([{ once: true }])
})
