/**
 * `npm run mail-screenshots`: every mail to patients and to accounts in every language, at 600 and 320 pixels, light
 * and dark, as packages/web/screenshots/mails/*.png, for people to look at.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { launchChromium } from './browser-tests/chromium.ts'
import { mailSchemes, mailWidths, withMailPreviews } from './browser-tests/mail-previews.ts'

const directory = join(import.meta.dirname, 'screenshots', 'mails')
await rm(directory, { recursive: true, force: true })
await mkdir(directory, { recursive: true })
const browser = await launchChromium()
try {
  await withMailPreviews(async (mails) => {
    for (const width of mailWidths) {
      for (const colorScheme of mailSchemes) {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
        for (const { name, url } of mails) {
          await page.goto(url)
          await page.screenshot({ path: join(directory, `${name}-${width}-${colorScheme}.png`), fullPage: true })
        }
        await page.close()
      }
    }
  })
} finally {
  await browser.close()
}
console.log(`The pictures are in ${directory}`)
