/** What surrounds the text of a page of /help, in the language of the page. */
export type HelpTexts = {
  help: string
  skip: string
  search: string
  /** `{{count}}` is replaced. */
  found: string
  noneFound: string
  searchFailed: string
  allPages: string
  contents: string
  findDoctor: string
  apiReference: string
}

export const helpTexts: Record<'en' | 'de' | 'ar', HelpTexts> = {
  en: {
    help: 'Help',
    skip: 'Skip to content',
    search: 'Search by title',
    found: '{{count}} found.',
    noneFound: 'Nothing found.',
    searchFailed: 'The search is not available. Use the list of all pages.',
    allPages: 'All pages',
    contents: 'On this page',
    findDoctor: 'Find a doctor',
    apiReference: 'API reference',
  },
  de: {
    help: 'Hilfe',
    skip: 'Zum Inhalt springen',
    search: 'Nach Titel suchen',
    found: '{{count}} gefunden.',
    noneFound: 'Nichts gefunden.',
    searchFailed: 'Die Suche ist nicht verfügbar. Nutzen Sie die Liste aller Seiten.',
    allPages: 'Alle Seiten (meist auf Englisch)',
    contents: 'Auf dieser Seite',
    findDoctor: 'Ärztin oder Arzt finden',
    apiReference: 'API-Referenz',
  },
  ar: {
    help: 'المساعدة',
    skip: 'الانتقال إلى المحتوى',
    search: 'البحث بالعنوان',
    found: 'النتائج: {{count}}.',
    noneFound: 'لا نتائج.',
    searchFailed: 'البحث غير متاح. استخدم قائمة كل الصفحات.',
    allPages: 'كل الصفحات (معظمها بالإنجليزية)',
    contents: 'في هذه الصفحة',
    findDoctor: 'البحث عن طبيب',
    apiReference: 'مرجع واجهة البرمجة',
  },
}
