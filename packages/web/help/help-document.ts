import { type HelpPage, helpPages, helpSections } from './help-pages.ts'
import { type HelpTexts, helpTexts } from './help-texts.ts'

/** An entry of the search: a page, or a heading of one. */
export type HelpTitle = { title: string; page: string | null; address: string }

/** The titles by slug. */
type Titles = Readonly<Record<string, string>>

export type HelpDocument = {
  slug: string | null
  title: string
  html: string
  headings: readonly { text: string; id: string }[]
  titles: Titles
}

/** Headings of a long page, such as the one of all messages, would bury the text. */
const headingsMax = 40

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** The first page: every page with what it is about. */
export function overview(titles: Titles): string {
  const sections = helpSections.map(
    ({ title, pages }) => `<h2>${title}</h2>
<ul class="cards">
${pages
  .map(
    (page) =>
      `<li><a href="/help/${page.slug}"${languageOf(page)}>${escapeHtml(titles[page.slug] ?? page.slug)}</a>
<span${languageOf(page)}>${escapeHtml(page.summary)}</span></li>`,
  )
  .join('\n')}
</ul>`,
  )
  const html = `<h1>Help</h1>
<p>Guides for patients, clinics, developers and operators.</p>
${sections.join('\n')}`
  return helpDocument({ slug: null, title: 'Help', html, headings: [], titles })
}

/** For readers of other languages: what there is in theirs. */
const languageNotes = `<p class="language" lang="de" hidden>Auf Deutsch:
<a href="/help/patients-de">Für Patientinnen und Patienten</a>. Der Rest der Hilfe ist auf Englisch.</p>
<p class="language" lang="ar" dir="rtl" hidden>بالعربية: <a href="/help/patients-ar">للمرضى</a>.
بقية المساعدة بالإنجليزية.</p>`

/** The attributes of a page that is not in English. */
function languageOf({ language }: Pick<HelpPage, 'language'>): string {
  return language === undefined ? '' : ` lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}"`
}

/** A whole page. It works without JavaScript, except for the search. */
export function helpDocument({ slug, title, html, headings, titles }: HelpDocument): string {
  const current = helpPages.find((page) => page.slug === slug)
  const language = current?.language ?? 'en'
  const texts = helpTexts[language]
  const heading = [slug === null ? [] : title, texts.help, 'Holdfast'].flat().join(' · ')
  return `<!doctype html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading)}</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/icons/icon.svg" type="image/svg+xml">
<script src="/help/color-scheme.js"></script>
<link rel="stylesheet" href="/help/help.css">
<script src="/help/help.js" defer></script>
</head>
<body>
<a class="skip" href="#main">${texts.skip}</a>
<header>
<a class="brand" href="/"><img src="/icons/icon.svg" width="28" height="28" alt=""> Holdfast</a>
<a href="/help">${texts.help}</a>
</header>
<div class="page">
<nav aria-label="${texts.help}">
${searchForm(texts)}
<details open>
<summary>${texts.allPages}</summary>
<div${language === 'en' ? '' : ' lang="en" dir="ltr"'}>
${navigation(slug, titles)}
</div>
</details>
</nav>
<main id="main" tabindex="-1">
${current?.language === undefined ? languageNotes : ''}
<div${current === undefined ? '' : languageOf(current)}>
${withContents(html, headings, texts.contents)}
</div>
</main>
</div>
<footer><a href="/">${texts.findDoctor}</a> · <a href="/docs">${texts.apiReference}</a></footer>
</body>
</html>
`
}

/** Hidden without JavaScript; `help.js` reads the texts. */
function searchForm(texts: HelpTexts): string {
  return `<form id="search" role="search" data-none="${texts.noneFound}" data-found="${texts.found}"
 data-failed="${texts.searchFailed}" hidden>
<label for="q">${texts.search}</label>
<input id="q" type="search" autocomplete="off" aria-controls="found">
<p id="count" class="visually-hidden" aria-live="polite"></p>
<ul id="found" hidden></ul>
</form>`
}

function navigation(current: string | null, titles: Titles): string {
  const sections = helpSections.map(
    ({ title, pages }) => `<p>${title}</p>
<ul>
${pages
  .map((page) => {
    const { slug } = page
    const mark = slug === current ? ' aria-current="page"' : ''
    return `<li><a href="/help/${slug}"${mark}${languageOf(page)}>${escapeHtml(titles[slug] ?? slug)}</a></li>`
  })
  .join('\n')}
</ul>`,
  )
  return sections.join('\n')
}

/** The page with a list of its headings under its title, if it has several and not too many. */
function withContents(html: string, headings: HelpDocument['headings'], title: string): string {
  if (headings.length < 4 || headings.length > headingsMax) return html
  const items = headings.map(({ text, id }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`)
  const contents = `<details class="contents"><summary>${title}</summary><ul>${items.join('')}</ul></details>`
  return html.replace('</h1>', () => `</h1>\n${contents}`)
}
