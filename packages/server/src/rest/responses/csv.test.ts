import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import Papa from 'papaparse'
import { expect, test, vi } from 'vitest'
import { csvPhone, csvResponse, csvText } from './csv.ts'

test.for([
  ['=1+1', "'=1+1"],
  ['＝1+1', "'＝1+1"],
  ['@Ada', "'@Ada"],
  ['\tx', "'\tx"],
  ['\r=1+1', "'\r'=1+1"],
  ['\t=1+1', "'\t'=1+1"],
  ['said\n=1+1', "said\n'=1+1"],
  ['a;=1+1', "a;'=1+1"],
  ['a,"=1+1"', `a,"'=1+1"`],
  ['one\r\n\r\ntwo', 'one\r\n\r\ntwo'],
  ['+49 171 123', '+49 171 123'],
  ['Anna-Lena, 3 - 4', 'Anna-Lena, 3 - 4'],
  ['the "knee"', 'the "knee"'],
  [' between spaces ', ' between spaces '],
  ['\uFEFFmarked', '\uFEFFmarked'],
  ['', ''],
])('what a spreadsheet would run is text, whichever separator it uses: %j', ([field = '', written]) => {
  for (const separator of ['comma', 'semicolon'] as const) {
    const { data } = Papa.parse(csvText([[field, 1]], separator).trimEnd(), {
      delimiter: separator === 'comma' ? ',' : ';',
    })
    expect(data).toEqual([[written, '1']])
  }
})

test.for([
  ['+49 (0)30-1234-5', '+49 30 1234 5'],
  ['+49 ( 0 ) 30/12345', '+49 30 12345'],
  ['+49(0)30 12(0)3', '+49 30 12 0 3'],
  ['+49 (171) 123-45', '+49 171 123 45'],
  ['+49 30 (0) 12', '+49 30 0 12'],
  ['+4930(0)12', '+4930 0 12'],
  ['+353 (0) 1 234', '+353 1 234'],
  ['+39 (0)6 123', '+39 06 123'],
  ['(0)30-1234', '(0)30-1234'],
])('a number with its country’s code can be dialled as it is written: %j', ([phone = '', written]) => {
  expect(csvPhone(phone)).toBe(written)
})

test('no field begins with a formula, with whichever separator and line end a spreadsheet reads the file', () => {
  const parts = ['', ' ', 'a', '"', ',', ';', '\t', '\r', '\n', '\r\n']
  const starts = parts.flatMap((first) => parts.map((second) => first + second))
  const fields = [...'=+-@＝'].flatMap((sign) => starts.map((start) => `${start}${sign}1+A1`))
  const formulas: unknown[] = []
  for (const separator of ['comma', 'semicolon'] as const) {
    for (const delimiter of [',', ';', '\t']) {
      for (const newline of ['\r', '\n', '\r\n'] as const) {
        for (const field of fields) {
          const { data } = Papa.parse<string[]>(csvText([['x', field, 1]], separator), { delimiter, newline })
          const found = data.flat().filter((read) => /^[=+\-@＝]/.test(read))
          if (found.length > 0) formulas.push({ field, separator, delimiter, newline, found })
        }
      }
    }
  }
  expect(formulas).toEqual([])
})

test('a page is read when the one before has been sent, and a client that leaves has an interrupted file', async () => {
  const read: number[] = []
  async function* pages() {
    for (const page of [1, 2, 3, 4]) {
      read.push(page)
      yield [[page]]
    }
  }
  const taken: (() => void)[] = []
  const response = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      taken.push(done)
    },
  })
  const recorded: string[] = []
  const sending = { response: response as unknown as ServerResponse, checkAgain: async () => undefined }
  const { body } = await csvResponse(sending, {
    name: 'file',
    separator: 'comma',
    columns: ['page'],
    pages: pages(),
    release: () => recorded.push('released'),
    record: async (...details) => void recorded.push(...details),
  })
  body.pipe(response)
  for (const pagesRead of [1, 2]) {
    await vi.waitFor(() => expect(taken).toHaveLength(pagesRead))
    await setImmediate()
    expect(read).toHaveLength(pagesRead)
    if (pagesRead === 1) taken[0]?.()
  }
  response.destroy()
  await vi.waitFor(() => expect(recorded).toEqual(['begun', 'released', '2', 'interrupted']))
})
