// Completeness: a page of the help is out of date, or names what the site does not have
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildHelp, renderMarkdown } from './build-help.ts'
import { helpPages } from './help-pages.ts'

let directory: string
const pages = new Map<string, string>()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-help-'))
  await buildHelp(directory)
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.html')) continue
    const slug = name === 'index.html' ? '/help' : `/help/${name.replace('.html', '')}`
    pages.set(slug, await readFile(join(directory, name), 'utf8'))
  }
})

afterAll(() => rm(directory, { recursive: true, force: true }))

/** Addresses that the server answers besides the help. */
const ofServer = new Set(['/', '/docs', '/icons/icon.svg'])

/** The links and sources of a page that lead nowhere. Addresses of other servers only have to be https. */
function deadLinks(address: string, html: string): string[] {
  const targets = [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target = '']) => target)
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return !/^(https:\/\/|http:\/\/localhost)/.test(target)
    const [path = '', id] = target.split('#')
    if (ofServer.has(path)) return false
    const page = pages.get(path === '' ? address : path)
    if (page === undefined) return !(path.startsWith('/help/') && existsSync(join(directory, path.slice(6))))
    return id !== undefined && !page.includes(` id="${id}"`)
  })
}

test('every link of the help leads to a page, a heading that it has, or a file', () => {
  expect(pages.size).toBe(helpPages.length + 1)
  const dead = [...pages].flatMap(([address, html]) => deadLinks(address, html).map((link) => `${address}: ${link}`))
  expect(dead).toEqual([])
})

test('a link to a missing page, heading or file is noticed', () => {
  const html =
    '<a href="/help/nothing"> <a href="/help/first-day#nothing"> <img src="/help/images/no.png"> <a href="#x">'
  expect(deadLinks('/help', html)).toEqual(['/help/nothing', '/help/first-day#nothing', '/help/images/no.png', '#x'])
})

test('every title of the search leads to a heading', async () => {
  const titles: { address: string }[] = JSON.parse(await readFile(join(directory, 'titles.json'), 'utf8'))
  expect(titles.length).toBeGreaterThan(helpPages.length)
  const links = titles.map(({ address }) => `<a href="${address}">`).join(' ')
  expect(deadLinks('/help', links)).toEqual([])
})

test('every page of the help can be reached from every other', () => {
  for (const html of pages.values())
    for (const { slug } of helpPages) expect(html).toContain(`<li><a href="/help/${slug}"`)
})

test('the guides for patients are in their language and direction, and other pages lead to them', () => {
  expect(pages.get('/help/patients')).toMatch(/<h1[^>]*>For patients/)
  expect(pages.get('/help/patients')).not.toContain('<div lang=')
  expect(pages.get('/help')).toContain('<a href="/help/patients">')
  expect(pages.get('/help/patients-de')).toContain('<div lang="de" dir="ltr">\n<h1')
  expect(pages.get('/help/patients-ar')).toContain('<div lang="ar" dir="rtl">\n<h1')
  expect(pages.get('/help/patients-ar')).not.toContain('class="language"')
  for (const [slug, root, help] of [
    ['patients', '<html lang="en" dir="ltr">', 'Help'],
    ['patients-de', '<html lang="de" dir="ltr">', 'Hilfe'],
    ['patients-ar', '<html lang="ar" dir="rtl">', 'المساعدة'],
  ] as const) {
    expect(pages.get(`/help/${slug}`)).toContain(root)
    expect(pages.get(`/help/${slug}`)).toContain(`<a href="/help">${help}</a>\n</header>`)
  }
  for (const slug of ['patients-de', 'patients-ar']) {
    expect(pages.get('/help/patients')).toContain(`<a href="/help/${slug}">`)
    expect(pages.get('/help/user-guide')).toMatch(new RegExp(`class="language"[^]*<a href="/help/${slug}">`))
  }
})

test('a link to a file that does not exist stops the build', () => {
  expect(() => renderMarkdown('docs/x.md', '# X\n\n[y](no-such-file.md)')).toThrow(/links to no-such-file\.md/)
})

test('a page without a title stops the build', () => {
  expect(() => renderMarkdown('docs/x.md', 'Text.')).toThrow(/does not begin with its title/)
})

test('a link to a file that is no page of the help becomes its path', () => {
  const { html } = renderMarkdown('docs/x.md', '# X\n\nSee [the rules](../STYLE.md).')
  expect(html).toContain('See the rules (STYLE.md in the repository).')
})

const web = join(import.meta.dirname, '..')

/** The texts of the site in a language, in lower case, with … for what differs. */
function siteTexts(language: string): string[] {
  const textsOf = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values(value as object).flatMap(textsOf)
  const paths = globSync(`src/locales/${language}/*.json`, { cwd: web })
  return paths
    .flatMap((path) => textsOf(JSON.parse(readFileSync(join(web, path), 'utf8'))))
    .map((text) => text.replaceAll(/{{.*?}}/g, '…').toLowerCase())
}

/** What a page prints in bold, which is what the site's buttons, tabs and fields are called. */
function labelsIn(markdown: string): string[] {
  return [...markdown.matchAll(/\*\*([^*\n]+)\*\*/g)].map(([, label = '']) => label.replace(/ …$/, '').toLowerCase())
}

test('the guides call buttons, tabs and fields what the site calls them', () => {
  const texts = { en: siteTexts('en'), de: siteTexts('de'), ar: siteTexts('ar') }
  const unknown = (markdown: string, language: keyof typeof texts = 'en') =>
    labelsIn(markdown).filter((label) => !texts[language].some((text) => text.startsWith(label)))
  const guides = helpPages.filter(({ source }) => source.startsWith('docs/guides/') || source === 'docs/user-guide.md')
  const found = guides.flatMap(({ source, language }) =>
    unknown(readFileSync(join(web, '../..', source), 'utf8'), language),
  )
  expect(guides.length).toBeGreaterThan(5)
  expect(found).toEqual([])
  expect(unknown('Choose **Create slots** or **Make slots**.')).toEqual(['make slots'])
  expect(unknown('Wählen Sie **Ärztin oder Arzt finden** oder **Find a doctor**.', 'de')).toEqual(['find a doctor'])
})
