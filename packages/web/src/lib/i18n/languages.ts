/** The languages of the site; the first is the default. */
export const languages = ['en', 'de', 'ar'] as const

export type Language = (typeof languages)[number]

export const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch', ar: 'العربية' }

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return language === 'ar' ? 'rtl' : 'ltr'
}

/** The language chosen before, else the first supported one of the browser's, else English. */
export function chooseLanguage(chosen: string | null, wanted: readonly string[]): Language {
  for (const tag of [chosen ?? '', ...wanted]) {
    const found = languages.find((language) => language === tag.toLowerCase().split('-')[0])
    if (found !== undefined) return found
  }
  return 'en'
}

/**
 * The locale for dates and numbers: the reader's variant of the language (de-AT, ar-MA), which decides the hour cycle
 * and the digits.
 */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return (
    wanted.find((tag) => tag.toLowerCase().split('-')[0] === language) ??
    { en: 'en-GB', de: 'de-DE', ar: 'ar' }[language]
  )
}
