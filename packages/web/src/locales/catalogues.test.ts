import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { problemCodes } from '@holdfast/contract'
import { describe, expect, test } from 'vitest'
import { languages } from '../lib/languages.ts'
import { literalsIn, type TextUse, textKeysIn } from './text-keys-in.ts'

const directory = fileURLToPath(new URL('.', import.meta.url))
const sources = fileURLToPath(new URL('..', import.meta.url))

type Catalogue = Record<string, string>

/** By their paths: `week.title`. */
function flattened(texts: object, prefix = ''): Catalogue {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value]] : Object.entries(flattened(value, `${prefix}${key}.`)),
    ),
  )
}

const features = readdirSync(join(directory, 'en')).map((name) => name.replace('.json', ''))

function catalogue(language: string, feature: string): Catalogue {
  return flattened(JSON.parse(readFileSync(join(directory, language, `${feature}.json`), 'utf8')))
}

/** `count_one` and `count_few` are forms of one text; which forms there are is the language's. */
const formPattern = /_(zero|one|two|few|many|other)$/
const withoutForm = (key: string) => key.replace(formPattern, '')

function placeholdersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/{{\s*(\w+)/g)].map(([, name = '']) => name))].sort()
}

const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => !name.startsWith('locales') && /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => readFileSync(join(sources, name), 'utf8'))
const uses: TextUse[] = files.flatMap(textKeysIn)
const literals = new Set(files.flatMap(literalsIn))

describe.each(features)('%s', (feature) => {
  const english = catalogue('en', feature)
  const keys = new Set(Object.keys(english).map(withoutForm))

  test.each(languages)('is complete in %s, with the same places to fill in and every plural form', (language) => {
    const texts = catalogue(language, feature)
    expect([...new Set(Object.keys(texts).map(withoutForm))].sort()).toEqual([...keys].sort())
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim(), `${language} ${key}`).not.toBe('')
      const plain = withoutForm(key)
      // A form for one or two may say the number in a word.
      const allowed = placeholdersOf(english[key] ?? english[`${plain}_other`] ?? '')
      const found = placeholdersOf(text)
      const isWord = formPattern.test(key) && !/_(other|many|few)$/.test(key)
      expect(isWord ? allowed : found, `${language} ${key}`).toEqual(allowed)
      expect(allowed, `${language} ${key}`).toEqual(expect.arrayContaining(found))
      if (formPattern.test(key)) {
        for (const category of categories)
          expect(texts, `${language} ${plain}`).toHaveProperty([`${plain}_${category}`])
      }
    }
  })

  test('has every text that is asked for, and none that nobody asks for', () => {
    const asked = uses.filter((use) => use.features.includes(feature))
    const missing = asked.filter(
      ({ key, features: [...others] }) => typeof key === 'string' && !others.some((one) => isThere(one, key)),
    )
    expect(
      missing.map(({ key }) => key),
      'asked for in the sources, and not in the catalogue',
    ).toEqual([])
    const isUsed = (name: string) =>
      literals.has(name) ||
      asked.some(({ key }) => key instanceof RegExp && key.test(name)) ||
      isAsked(asked, name) ||
      isProblem(feature, name)
    expect(
      [...keys].filter((name) => !isUsed(name)),
      'in the catalogue, and not asked for',
    ).toEqual([])
  })
})

function isThere(feature: string, key: string): boolean {
  return features.includes(feature) && Object.keys(catalogue('en', feature)).some((one) => withoutForm(one) === key)
}

function isAsked(asked: TextUse[], name: string): boolean {
  return asked.some(({ key }) => key === name)
}

/** Asked for by the code of what went wrong, wherever that comes from. */
function isProblem(feature: string, key: string): boolean {
  return feature === 'problems' && /^\w+\.(title|help)$/.test(key)
}

test('every problem of the API is told in every language', () => {
  for (const language of languages) {
    const texts = catalogue(language, 'problems')
    for (const code of [...problemCodes, 'unreachable', 'unexpected']) {
      expect(texts, `${language} ${code}`).toMatchObject({
        [`${code}.title`]: expect.any(String),
        [`${code}.help`]: expect.any(String),
      })
    }
  }
})

test('every language has the same catalogues', () => {
  for (const language of languages)
    expect(readdirSync(join(directory, language))).toEqual(features.map((name) => `${name}.json`))
})

describe('negative control: what the test looks for is found', () => {
  test('in a source: plain keys, other catalogues, forms of a key, a second translator, labels of the navigation', () => {
    const source = `
      const { t } = useTranslation(['booking', 'shell'])
      const { t: tProblem } = useTranslation('problems')
      t('week.title'); t("shell:close", { a: 1 }); t(\`heading.\${status}\`); tProblem('retry')
      t(kind === 'full' ? 'lost.full' : 'lost.closed')
      const nav = { to: '/x', label: 'nav.x' }`
    const found = textKeysIn(source).map(
      ({ features: [feature], key }) => `${feature} ${typeof key === 'string' ? key : key.source}`,
    )
    expect(found.sort()).toEqual(
      [
        'booking week.title',
        'shell close',
        'booking ^heading\\..+$',
        'problems retry',
        'booking lost.full',
        'booking lost.closed',
        'shell nav.x',
      ].sort(),
    )
  })
})
