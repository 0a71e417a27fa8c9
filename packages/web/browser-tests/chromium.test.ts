import { expect } from 'vitest'
import { forShortPages, launchChromium } from './chromium.ts'
import { browserTest as test } from './site-test.ts'

const listed = '--disable-features='

test('what Playwright disables in Chromium is also disabled for the tests', async ({ chromium }) => {
  // Chromium reports its command line only when it is automated.
  const browser = await launchChromium(chromium, [...forShortPages, '--enable-automation'])
  const session = await browser.newBrowserCDPSession()
  const { arguments: line } = await session.send('Browser.getBrowserCommandLine')
  await browser.close()
  const lists = line.filter((argument) => argument.startsWith(listed))
  const [playwrights = [], ours = []] = lists.map((list) => list.slice(listed.length).split(','))
  expect(lists).toHaveLength(2)
  expect(ours).toEqual(['ScriptStreaming', ...playwrights])
})
