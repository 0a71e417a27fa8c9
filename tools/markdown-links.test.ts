// Completeness: a link in a page leads nowhere
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The relative links of a page that lead nowhere: a missing file, or a heading that its page does not have. */
function deadLinks(path: string, page: string): string[] {
  const links = [...page.replaceAll(/^```.*?^```/gms, '').matchAll(/\]\(([^()\s]+)\)/g)].map(
    ([, target = '']) => target,
  )
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [file = '', heading] = link.split('#')
    const target = file === '' ? path : join(dirname(path), file)
    if (!existsSync(join(root, target))) return true
    if (heading === undefined) return false
    return !anchors(target === path ? page : readFileSync(join(root, target), 'utf8')).has(heading)
  })
}

/** The anchors that GitHub gives to headings. */
function anchors(page: string): Set<string> {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text)
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('every relative link of the documentation leads to a file, and to a heading that it has', () => {
  const paths = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'packages/*/*.md'], { cwd: root })
  expect(paths).toContain('README.md')
  const dead = paths.flatMap((path) =>
    deadLinks(path, readFileSync(join(root, path), 'utf8')).map((link) => `${path}: ${link}`),
  )
  expect(dead).toEqual([])
})

test('a link to a missing file or heading is noticed', () => {
  const page = '# One\n[a](two.md) [b](#one) [c](#two) [d](STYLE.md#nothing) [e](https://example.org)\n'
  expect(deadLinks('README.md', page)).toEqual(['two.md', '#two', 'STYLE.md#nothing'])
})
