import Papa from 'papaparse'
import { expect, test } from 'vitest'
import { csvText } from './csv.ts'

test.for([
  ['=1+1', "'=1+1"],
  ['＝1+1', "'＝1+1"],
  ['@Ada', "'@Ada"],
  ['\tx', "'\tx"],
  ['said\n=1+1', "said\n'=1+1"],
  ['a;=1+1', "a;'=1+1"],
  ['a,"=1+1"', `a,"'=1+1"`],
  ['one\r\n\r\ntwo', 'one\r\n\r\ntwo'],
  ['+49 171 123', '+49 171 123'],
  ['Anna-Lena, 3 - 4', 'Anna-Lena, 3 - 4'],
])('what a spreadsheet would run is text, whichever separator it uses: %j', ([field = '', written]) => {
  for (const separator of ['comma', 'semicolon'] as const) {
    const { data } = Papa.parse(csvText([[field, 1]], separator).trimEnd(), {
      delimiter: separator === 'comma' ? ',' : ';',
    })
    expect(data).toEqual([[written, '1']])
  }
})
