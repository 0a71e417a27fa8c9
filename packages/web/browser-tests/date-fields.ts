import type { Locator } from 'playwright-core'

/** The date `YYYY-MM-DD` or the time `HH:MM` that a field has, which it shows in the site's language. */
export async function isoValueOf(field: Locator): Promise<string> {
  return (await field.getAttribute('data-value')) ?? ''
}

/** Types in place of what the field has, key by key, and leaves it. */
export async function typeInto(field: Locator, text: string): Promise<void> {
  await field.press('ControlOrMeta+a')
  await field.pressSequentially(text)
  await field.press('Tab')
}
