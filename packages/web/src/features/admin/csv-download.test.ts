import { expect, test } from 'vitest'
import { csvOf } from './csv-download.ts'

test('a table becomes CSV, quoted where necessary', () => {
  expect(csvOf([{ Name: 'Ada, "the" first', Count: 3 }])).toBe('\uFEFFName,Count\r\n"Ada, ""the"" first",3')
})

test('cells that look like formulas are escaped', () => {
  expect(csvOf([{ Name: '=HYPERLINK("http://evil.example")' }])).toContain(`"'=HYPERLINK`)
})
