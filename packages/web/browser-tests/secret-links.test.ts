// Guarantee: a link that is secret stays so
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { signUp } from './harness.ts'
import { test } from './site-test.ts'

const token = 't'.repeat(32)
const toUnsubscribe = `${randomUUID()}.hfu_${'t'.repeat(43)}`

/** The pages of links with a secret, beside those of tickets, and what they say without it. */
const links = [
  { path: '/reset-password', secret: token, cut: 'This link is incomplete' },
  { path: '/confirm-email', secret: token, cut: 'This link is incomplete' },
  { path: '/undo-email', secret: token, cut: 'This link is incomplete' },
  { path: '/invitation', secret: 't'.repeat(64), cut: 'The link is incomplete' },
  { path: '/reminders', secret: toUnsubscribe, cut: 'This link is incomplete' },
  { path: '/leave-waitlist', secret: toUnsubscribe, cut: 'This link is incomplete' },
]

test.for(links)(
  'the secret of $path leaves the address at once; a reload and the skip link keep it',
  async (link, { site }) => {
    const { path, secret, cut } = link
    const page = await site.newPage()
    const isWhole = async () => {
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForFunction(() => location.hash === '')
      expect([new URL(page.url()).pathname, await page.getByText(cut, { exact: true }).count()]).toEqual([path, 0])
    }
    await page.goto(`${path}#${secret}`)
    await isWhole()
    await page.reload()
    await isWhole()
    await page.getByRole('link', { name: 'Skip to content' }).press('Enter')
    await page.locator('#main:focus').waitFor()
    await isWhole()
    await page.goto('/help')
    await page.goBack()
    await isWhole()
    // The control: the address alone, as the next user of the computer finds it.
    const next = await site.newPage()
    await next.goto(path)
    await next.getByText(cut, { exact: true }).waitFor()
  },
)

test('signing in on the way to such a page leads to it, with its secret in no address', async ({ site }) => {
  const { email, password } = await signUp(site.url, 'Grace Hopper')
  const page = await site.newPage()
  const main = page.getByRole('main')
  const isAt = async (path: string, title: string) => {
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await page.waitForFunction(() => location.hash === '')
    expect([new URL(page.url()).pathname, page.url().includes(token)]).toEqual([path, false])
  }
  await page.goto(`/confirm-email#${token}`)
  await main.getByRole('link', { name: 'Sign in' }).click()
  await isAt('/sign-in', 'Sign in')
  await main.getByRole('link', { name: 'Create one' }).click()
  await isAt('/sign-up', 'Create an account')
  await main.getByRole('link', { name: 'Sign in' }).click()
  await isAt('/sign-in', 'Sign in')
  await page.reload()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  const sent = page.waitForRequest((request) => request.postData()?.includes(token) ?? false)
  await main.getByRole('button', { name: 'Sign in', exact: true }).click()
  await isAt('/confirm-email', 'Confirm your e-mail address')
  await main.getByRole('button', { name: 'Confirm the address' }).click()
  await sent
})
