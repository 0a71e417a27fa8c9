import { expect, test } from 'vitest'
import { csvOf } from './csv-download.ts'

test('a table becomes lines of cells, quoted where it must be', () => {
  expect(csvOf([{ Name: 'Ada, "the" first', Count: 3 }])).toBe('\uFEFFName,Count\r\n"Ada, ""the"" first",3')
})

test('what looks like a formula is not one any more', () => {
  expect(csvOf([{ Name: '=HYPERLINK("http://evil.example")' }])).toContain(`"'=HYPERLINK`)
})
