import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { chooseLanguage, directionOf, type Language, languages, localeOf } from './languages.ts'

/** One catalogue per language and feature, each its own small file, loaded when a page first needs it. */
const catalogues = import.meta.glob<Record<string, unknown>>('../locales/*/*.json', { import: 'default' })
const storageKey = 'holdfast-language'

/** What every page needs: the frame around it, and what to say when something goes wrong. */
const alwaysLoaded = ['shell', 'problems']

async function read(language: string, feature: string): Promise<Record<string, unknown>> {
  const load = catalogues[`../locales/${language}/${feature}.json`]
  if (load === undefined) throw new Error(`There is no catalogue ${language}/${feature}.`)
  return load()
}

let started: Promise<void> | undefined

/** Loads the reader's language and sets the page's `lang` and `dir`. Before anything is shown. */
export function startTexts(): Promise<void> {
  started ??= start()
  return started
}

async function start(): Promise<void> {
  const language = chooseLanguage(readStored(), navigator.languages)
  await i18next
    .use({
      type: 'backend',
      read: (wanted: string, feature: string, done: (error: Error | null, texts: object | null) => void) => {
        read(wanted, feature).then(
          (texts) => done(null, texts),
          (error: Error) => done(error, null),
        )
      },
    })
    .use(initReactI18next)
    .init({
      lng: language,
      supportedLngs: languages,
      // Catalogues are complete (tested), so another language is never needed beside the reader's.
      fallbackLng: false,
      ns: alwaysLoaded,
      defaultNS: 'shell',
      partialBundledLanguages: true,
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    })
  applyToPage(language)
}

/** For a route's loader: its texts arrive beside its script, not after it. */
export async function loadTexts(...features: string[]): Promise<void> {
  await startTexts()
  await i18next.loadNamespaces(features)
}

/** Changes the language at once, and for the next visits. */
export async function changeLanguage(language: Language): Promise<void> {
  await i18next.changeLanguage(language)
  applyToPage(language)
  try {
    localStorage.setItem(storageKey, language)
  } catch {
    // Storage may be forbidden: then it lasts as long as the page.
  }
}

export function currentLanguage(): Language {
  return chooseLanguage(i18next.language ?? null, [])
}

/** The locale for Intl. */
export function currentLocale(): string {
  return localeOf(currentLanguage(), navigator.languages)
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
