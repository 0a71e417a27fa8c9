import type { Language } from './languages.ts'

/** Where Help leads: to the overview in English, in another language to the page that is written in it. */
export function helpPath(language: Language): string {
  return language === 'en' ? '/help' : `/help/patients-${language}`
}
