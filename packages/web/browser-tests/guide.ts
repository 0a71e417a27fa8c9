import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { untilRead } from './harness.ts'

/** What a reader does with a button, a page or a field that the guide names, `words` as it does. */
export type Step = (page: Page, words: string) => Promise<unknown>

/** By its heading, what is done with each name of a section, in their order. */
export type Script = Readonly<Record<string, readonly (readonly [words: string, step: Step])[]>>

/** The text of a guide, such as `closures` */
export function readGuide(name: string): string {
  return readFileSync(new URL(`../../../docs/guides/${name}.md`, import.meta.url), 'utf8')
}

/** By its heading, the names of buttons, pages and fields in each section of a guide that has any. They are bold. */
function namesInGuide(markdown: string): Record<string, string[]> {
  const [, ...sections] = `## \n${markdown.replaceAll(/```[\s\S]*?```/g, '')}`.split(/^## /m)
  const named = sections.map((section) => {
    const [heading = '', ...lines] = section.split('\n')
    const bold = [...lines.join('\n').matchAll(/\*\*([^*]+)\*\*/g)].map(([, words = '']) =>
      words.replaceAll(/\s+/g, ' '),
    )
    return [heading.trim(), bold] as const
  })
  return Object.fromEntries(named.filter(([, bold]) => bold.length > 0))
}

/**
 * Does what a guide says, in its order. Fails if the guide names something for which there is no step, or the other way
 * round, and if a step does not find what is named.
 */
export async function followGuide(page: Page, markdown: string, script: Script): Promise<void> {
  const steps = Object.fromEntries(
    Object.entries(script).map(([heading, section]) => [heading, section.map(([words]) => words)]),
  )
  expect(steps, 'what the test does, and what the guide names').toEqual(namesInGuide(markdown))
  for (const [heading, section] of Object.entries(script)) {
    for (const [words, step] of section) {
      try {
        await step(page, words)
      } catch (error) {
        throw new Error(`The guide’s words cannot be followed: “${words}”, under “${heading}”.`, { cause: error })
      }
    }
  }
}

/** Links, buttons and labels, or what `kinds` says, by the text that people see; ` …` stands for what differs. */
export function controlOf(within: Page | Locator, words: string, kinds = 'a, button, label, summary'): Locator {
  const text = words.split(' …').map(RegExp.escape).join('.+')
  return within
    .locator(kinds)
    .filter({ hasText: new RegExp(`^\\s*${text}\\s*$`) })
    .filter({ visible: true })
    .first()
}

/** Presses what has this name. */
export const press: Step = (page, words) => controlOf(page, words).click()

/** Presses it in a part of the page with this name, of the role of a region unless another one is given. */
export function pressIn(name: string | RegExp, role: 'region' | 'dialog' | 'row' | 'banner' = 'region'): Step {
  return (page, words) => controlOf(page.getByRole(role, { name }).first(), words).click()
}

/** Opens a page by its link, which leads to another address. */
export const open: Step = async (page, words) => {
  const before = page.url()
  await controlOf(page, words, 'a').click()
  await page.waitForURL(({ href }) => href !== before)
  // The address changes first. The page before stays until the title of the next one gets the focus, or what it was
  // opened for.
  await page.locator('main :is(h1, h2, h3, li):focus').waitFor()
  await untilRead(page)
}

/** It is on the page. */
export const see: Step = (page, words) =>
  page.getByText(words, { exact: true }).filter({ visible: true }).first().waitFor()

/** It is on the page, and further steps follow that the guide has no names for. */
export function thenDo(step: Step, more: (page: Page) => Promise<unknown>): Step {
  return async (page, words) => {
    await step(page, words)
    await more(page)
  }
}

/** The other way round: what is entered before it is pressed. */
export function before(first: (page: Page) => Promise<unknown>, step: Step): Step {
  return async (page, words) => {
    await first(page)
    await step(page, words)
  }
}
