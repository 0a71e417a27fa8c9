// Completeness: a searchable selection of the site does not find words in any order
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withEachWord } from './with-each-word.ts'

const option = (label: string) => ({ value: label, label, disabled: false })

test('options are found by words in any order, and groups without a hit are left out', () => {
  const groups = [
    { group: 'Surgery', items: [option('Jürgen Groß'), option('Łukasz Nowak')] },
    { group: 'Nursing', items: [option('Ada Okafor')] },
  ]
  const found = withEachWord({ options: [option('Anna'), ...groups], search: 'gross juergen' })
  expect(found).toEqual([{ group: 'Surgery', items: [option('Jürgen Groß')] }])
})

test('every searchable selection of the site has this filter', () => {
  const source = join(import.meta.dirname, '..')
  const files = globSync('**/*.tsx', { cwd: source }).map((path) => readFileSync(join(source, path), 'utf8'))
  const elements = files.flatMap((text) => text.match(/<(?:Multi)?Select\b(?:[^<>]|=>)*>/g) ?? [])
  const searchable = elements.filter((element) => /\bsearchable\b/.test(element))
  expect(searchable.length).toBeGreaterThanOrEqual(5)
  expect(searchable.filter((element) => !element.includes('filter={withEachWord}'))).toEqual([])
})
