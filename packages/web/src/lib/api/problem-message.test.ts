import i18next, { type TFunction } from 'i18next'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startTexts } from '../i18n/i18n.ts'
import { dataOf } from './api.ts'
import { noteUnloadedCode, RefusedError } from './api-error.ts'
import { problemMessage } from './problem-message.ts'

let t: TFunction<'problems'>

beforeEach(() => {
  vi.stubGlobal('document', { documentElement: {} })
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'] })
})
afterEach(() => vi.unstubAllGlobals())

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: {} })
  await startTexts()
  t = i18next.getFixedT('en', 'problems')
})

test.for([
  [true, 'There is a new version'],
  [false, 'No connection'],
] as const)('code that could not be loaded with onLine %s: %s', ([onLine, title]) => {
  vi.stubGlobal('navigator', { onLine, languages: ['en'] })
  const error = new TypeError('Failed to fetch dynamically imported module')
  expect(problemMessage(error, t).title).toBe('Something unexpected happened')
  noteUnloadedCode(error)
  expect(problemMessage(error, t).title).toBe(title)
})

const problem = { type: '', title: '', status: 409, detail: '' }
const refusal = (code: string) =>
  dataOf(Promise.resolve({ error: { ...problem, code }, response: new Response(null, { status: 409 }) })).catch(
    (error: unknown) => error,
  )

test('the texts of a problem that no patient’s booking has are loaded with the response', async () => {
  const unloaded = new RefusedError({ ...problem, code: 'block_overrun' })
  expect(problemMessage(unloaded, t).title).toBe('Something unexpected happened')
  expect(problemMessage(await refusal('slot_full'), t).title).toBe('That time has just gone')
  expect(i18next.hasLoadedNamespace('other-problems')).toBe(false)
  expect(problemMessage(await refusal('block_overrun'), t)).toEqual({
    title: 'The case is too long for what is left of its block',
    help: 'Choose another time or block. An administrator can allow it with a reason.',
  })
})

test('a code that this version does not know has a text, too', async () => {
  const error = await refusal('of_a_newer_server')
  expect(problemMessage(error, t).title).toBe('Something unexpected happened')
})
