import i18next, { type TFunction } from 'i18next'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import problems from '../../locales/en/problems.json' with { type: 'json' }
import { noteUnloadedCode } from './api-error.ts'
import { problemMessage } from './problem-message.ts'

let t: TFunction<'problems'>

beforeAll(async () => {
  await i18next.init({ lng: 'en', resources: { en: { problems } } })
  t = i18next.getFixedT('en', 'problems')
})

afterEach(() => vi.unstubAllGlobals())

test.for([
  [true, 'There is a new version'],
  [false, 'No connection'],
] as const)('code that could not be loaded with onLine %s: %s', ([onLine, title]) => {
  vi.stubGlobal('navigator', { onLine })
  const error = new TypeError('Failed to fetch dynamically imported module')
  expect(problemMessage(error, t).title).toBe('Something unexpected happened')
  noteUnloadedCode(error)
  expect(problemMessage(error, t).title).toBe(title)
})
