import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { Marked, type Token } from 'marked'
import { getHeadingList, gfmHeadingId } from 'marked-gfm-heading-id'
import { type HelpTitle, helpDocument, overview } from './help-document.ts'
import { type HelpPage, helpPages } from './help-pages.ts'

const root = join(import.meta.dirname, '../../..')
const images = 'docs/images'

/** Writes the help into `directory`: an HTML file for each page, its style and script, and the list of all titles. */
export async function buildHelp(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const rendered = await Promise.all(helpPages.map(async (page) => ({ ...page, ...(await render(page)) })))
  const titles = Object.fromEntries(rendered.map(({ slug, title }) => [slug, title]))
  for (const { slug, title, html, headings } of rendered)
    await writeFile(join(directory, `${slug}.html`), helpDocument({ slug, title, html, headings, titles }))
  await writeFile(join(directory, 'index.html'), overview(titles))
  const all: HelpTitle[] = rendered.flatMap(({ slug, title, headings }) => [
    { title, page: null, address: `/help/${slug}` },
    ...headings.map(({ text, id }) => ({ title: text, page: title, address: `/help/${slug}#${id}` })),
  ])
  await writeFile(join(directory, 'titles.json'), JSON.stringify(all))
  await cp(join(import.meta.dirname, 'assets'), directory, { recursive: true })
  await cp(join(root, images), join(directory, 'images'), { recursive: true })
}

type Rendered = { title: string; html: string; headings: { text: string; id: string }[] }

async function render({ source }: HelpPage): Promise<Rendered> {
  return renderMarkdown(source, await readFile(join(root, source), 'utf8'))
}

/** @throws Error if the text has no title, or links to a file that does not exist */
export function renderMarkdown(source: string, markdown: string): Rendered {
  const marked = new Marked(gfmHeadingId(), { walkTokens: (token) => followLink(token, source) })
  const html = marked.parse(markdown, { async: false })
  const [first, ...others] = getHeadingList()
  if (first?.level !== 1) throw new Error(`${source} does not begin with its title.`)
  const headings = others.filter(({ level }) => level === 2 || level === 3)
  return {
    title: plain(first.text),
    html: withScrollingTables(html),
    headings: headings.map(({ text, id }) => ({ text: plain(text), id })),
  }
}

/** Links between files of the repository become links between pages, or plain text if the help has no such page. */
function followLink(token: Token, source: string): void {
  if (token.type !== 'link' && token.type !== 'image') return
  if (/^([a-z]+:|#)/.test(token.href)) {
    // Markdown takes the default address of the administrator for a link.
    if (token.href.startsWith('mailto:')) asText(token, token.text)
    return
  }
  const [path = '', heading] = String(token.href).split('#')
  const file = normalize(join(dirname(source), path))
  if (!existsSync(join(root, file))) throw new Error(`${source} links to ${token.href}, which does not exist.`)
  if (token.type === 'image') {
    token.href = `/help/images/${file.slice(images.length + 1)}`
    return
  }
  const page = helpPages.find((one) => one.source === file)
  if (page !== undefined) token.href = `/help/${page.slug}${heading === undefined ? '' : `#${heading}`}`
  else if (file === 'docs/README.md' || file === 'README.md') token.href = '/help'
  else asText(token, `${token.text} (${file} in the repository)`)
}

function asText(token: Token, text: string): void {
  Object.assign(token, { type: 'text', text, tokens: undefined })
}

const withScrollingTables = (html: string) =>
  html
    .replaceAll('<table>', '<div class="table" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>')

/** The text of a heading, which may have code in it. */
function plain(html: string): string {
  return html
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}
