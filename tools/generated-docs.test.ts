// Completeness: a generated part of the documentation is out of date: run `npm run docs`
import { expect, test } from 'vitest'
import { generatedParts, readPage, withPart } from './generated-docs.ts'

test.for(Object.entries(generatedParts))('%s is as the code has it: else run `npm run docs`', ([path, partOf]) => {
  const page = readPage(path)
  const part = partOf()
  expect(part.length).toBeGreaterThan(500)
  expect(page).toBe(withPart(page, part))
  // Negative control: a part that was changed by hand is noticed.
  const changed = page.replace(part, () => part.replace(/[a-z]/, '?'))
  expect(changed).not.toBe(page)
  expect(withPart(changed, part)).toBe(page)
})

test('a page without the marks is an error that names them', () => {
  expect(() => withPart('# Configuration\n', '')).toThrow('needs the lines "<!-- begin')
})
