import { until } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('an administrator adds a webhook, sees its secret once and its deliveries, pauses and removes it', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/webhooks`)
  await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor()
  await page.getByText('No webhooks yet.').waitFor()
  const url = 'https://hooks.example.org/holdfast'
  const form = page.getByRole('region', { name: 'Add a webhook' })
  await form.getByLabel('URL').fill('https://localhost/')
  await form.getByRole('button', { name: 'Add webhook' }).click()
  await form.getByText(/^Enter a public internet address that begins with https:\/\/, /).waitFor()
  await form.getByLabel('URL').and(page.locator(':focus')).waitFor()
  await form.getByLabel('URL').fill(url)
  await form.getByRole('button', { name: 'Add webhook' }).click()
  const secret = page.getByRole('region', { name: `The secret of ${url}` })
  expect(await secret.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/^whsec_/)
  const card = page.getByRole('region', { name: url, exact: true })
  await card.getByText('Nothing was sent yet.').waitFor()
  expect(await axeFindings(page)).toEqual([])

  const stored = async () =>
    (await site.database.ownerPool.query('select * from holdfast.webhook where clinic_no = $1', [scene.clinic.no])).rows
  // Any id of the clinic will do for the delivery.
  const [webhook] = await stored()
  await site.database.ownerPool.query(
    `insert into holdfast.webhook_delivery
       (clinic_no, id, webhook_id, event, payload, state, due_at, done_at, attempts, reason, result)
     values ($1, $2, $2, 'webhook.test', '{}', 'failed', now(), now(), 1, 'refused', 'It has no public address.')`,
    [scene.clinic.no, webhook.id],
  )
  await page.reload()
  await card.getByRole('row').filter({ hasText: 'This server may not send anything to its address.' }).waitFor()
  expect(await page.getByText('whsec_').count()).toBe(0)
  await page.setViewportSize({ width: 320, height: 640 })
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)

  await card.getByRole('button', { name: `Pause: ${url}` }).click()
  await card.getByRole('button', { name: `Resume: ${url}` }).waitFor()
  expect((await stored())[0]).toMatchObject({ pause_reason: 'admin' })
  await card.getByRole('button', { name: `Remove: ${url}` }).click()
  const question = page.getByRole('dialog', { name: 'Remove this webhook?' })
  await question.getByText(url).waitFor()
  await question.getByRole('button', { name: 'Go back' }).click()
  await question.waitFor({ state: 'detached' })
  expect(await stored()).toHaveLength(1)
  await card.getByRole('button', { name: `Remove: ${url}` }).click()
  await question.getByRole('button', { name: 'Remove' }).click()
  await until(
    async () => ((await stored()).length === 0 ? true : undefined),
    () => 'the webhook to be removed',
    60_000,
  )
  await page.getByText('No webhooks yet.').waitFor()
})

test('adding a webhook again after a lost response adds no second one, and shows the secret', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  let isLost = false
  await page.route('**/webhooks', async (route) => {
    if (isLost || route.request().method() !== 'POST') return route.continue()
    isLost = true
    await route.fetch()
    await route.abort()
  })
  await page.goto(`/clinic/${scene.clinic.id}/webhooks`)
  const url = 'https://hooks.example.org/once'
  const form = page.getByRole('region', { name: 'Add a webhook' })
  await form.getByLabel('URL').fill(url)
  await form.getByRole('button', { name: 'Add webhook' }).click()
  await form.getByText('No connection').waitFor()
  await form.getByRole('button', { name: 'Add webhook' }).click()
  const secret = page.getByRole('region', { name: `The secret of ${url}` })
  expect(await secret.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/^whsec_/)
  const count = 'select count(*)::integer from holdfast.webhook where clinic_no = $1'
  expect((await site.database.ownerPool.query(count, [scene.clinic.no])).rows).toEqual([{ count: 1 }])
})
