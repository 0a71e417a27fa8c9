import i18next, { type FormatterModule } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { chooseLanguage, directionOf, type Language, languages, localeOf } from './languages.ts'
import type { Namespace } from './text-keys.ts'

/** A small file for each language and namespace, loaded when a page first needs it. */
const catalogues = import.meta.glob<Record<string, unknown>>('../../locales/*/*.json', { import: 'default' })
const storageKey = 'holdfast-language'

/** What every page needs: the texts of its frame and of errors. */
const alwaysLoaded: Namespace[] = ['shell', 'problems']

async function read(language: string, namespace: string): Promise<Record<string, unknown>> {
  const load = catalogues[`../../locales/${language}/${namespace}.json`]
  if (load === undefined) throw new Error(`There are no texts ${language}/${namespace}.`)
  return load()
}

let started: Promise<void> | undefined

/** Loads the reader's language and sets the page's `lang` and `dir`. Call it before rendering. */
export function startTexts(): Promise<void> {
  started ??= start()
  return started
}

async function start(): Promise<void> {
  const language = chooseLanguage(readStored(), navigator.languages)
  await i18next
    .use({
      type: 'backend',
      read: (wanted: string, namespace: string, done: (error: Error | null, texts: object | null) => void) => {
        read(wanted, namespace).then(
          (texts) => done(null, texts),
          (error: Error) => done(error, null),
        )
      },
    })
    .use(numbersInTexts)
    .use(initReactI18next)
    .init({
      lng: language,
      supportedLngs: languages,
      // Every language has every text (catalogues.test.ts), so no second language is needed.
      fallbackLng: false,
      ns: alwaysLoaded,
      defaultNS: 'shell',
      // For `problems`: what is not in the first load (src/lib/api/problem-message.ts).
      fallbackNS: 'other-problems',
      partialBundledLanguages: true,
      interpolation: { escapeValue: false, alwaysFormat: true },
      react: { useSuspense: true },
    })
  applyToPage(language)
}

/** For a route's loader: the texts load in parallel with the route's script. */
export async function loadTexts(...namespaces: Namespace[]): Promise<void> {
  await startTexts()
  await i18next.loadNamespaces(namespaces)
}

/** Changes the language now and for later visits. */
export async function changeLanguage(language: Language): Promise<void> {
  await i18next.changeLanguage(language)
  applyToPage(language)
  try {
    localStorage.setItem(storageKey, language)
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
}

export function currentLanguage(): Language {
  return chooseLanguage(i18next.language ?? null, [])
}

/** The locale for Intl. */
export function currentLocale(): string {
  return localeOf(currentLanguage(), navigator.languages)
}

/** Numbers in texts, such as `{{count}}`, have the digits and separators of all others on the page. */
const numbersInTexts: FormatterModule = {
  type: 'formatter',
  init: () => undefined,
  // No text names a format.
  add: () => undefined,
  addCached: () => undefined,
  format: (value) => (typeof value === 'number' ? new Intl.NumberFormat(currentLocale()).format(value) : value),
}

function readStored(): string | null {
  try {
    return localStorage.getItem(storageKey)
  } catch {
    return null
  }
}

function applyToPage(language: Language): void {
  document.documentElement.lang = language
  document.documentElement.dir = directionOf(language)
}
