import type { Page } from 'playwright-core'
import type { Practice } from './a-practice.ts'

/** Opens the page with the doctor's free times. */
export async function openTimes(page: Page, { doctor }: { doctor: Pick<Practice['doctor'], 'id'> }): Promise<void> {
  await page.goto(`/doctors/${doctor.id}`)
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
}

/** The button of a time such as `9:00`, in English and in the clinic's time zone. */
export function timeOf(page: Page, time: string) {
  return page.getByRole('button', { name: new RegExp(`^0?${time}\\b`) })
}

/** Chooses a time and waits until it is held. */
export async function hold(page: Page, time: string): Promise<void> {
  await timeOf(page, time).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
}

/** Opens the page with the doctor's free times, and holds one. */
export async function openHeld(page: Page, practice: Parameters<typeof openTimes>[1], time: string): Promise<void> {
  await openTimes(page, practice)
  await hold(page, time)
}

/** Fills in the patient's name and confirms, without a contact unless one is filled in; ends at the ticket. */
export async function confirm(page: Page, name: string): Promise<void> {
  await page.getByLabel('Full name').fill(name)
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  const confirmed = page.getByRole('heading', { name: 'Your appointment is confirmed' })
  const withoutContact = page.getByRole('button', { name: 'Book without contact' })
  await confirmed.or(withoutContact).waitFor()
  if (await withoutContact.isVisible()) await withoutContact.click()
  await confirmed.waitFor()
}

/** Books a time of the doctor, without a contact; ends at the ticket. */
export async function bookTime(
  page: Page,
  practice: Parameters<typeof openTimes>[1],
  time: string,
  name: string,
): Promise<void> {
  await openHeld(page, practice, time)
  await confirm(page, name)
}

/** Shows the buttons of an open ticket that are behind *More*. */
export async function openMore(page: Page): Promise<void> {
  const more = page.getByRole('button', { name: 'More', exact: true })
  if ((await more.getAttribute('aria-expanded')) === 'false') await more.click()
}

/** The link that *Copy link* on an open ticket, or another page, copies. */
export async function copiedLink(page: Page): Promise<string> {
  // Pages of all tests share the browser's clipboard.
  const copied = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const clipboard = { writeText: async (text: string) => resolve(text) }
        Object.defineProperty(navigator, 'clipboard', { configurable: true, value: clipboard })
      }),
  )
  await page.getByRole('button', { name: 'Copy link' }).click()
  return copied
}
