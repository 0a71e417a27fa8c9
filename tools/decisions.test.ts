// Completeness: a page in docs/decisions is too long, out of sequence, or not listed in docs/README.md by its title
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../docs')
const linesMax = 120

type Page = { file: string; text: string }

function readPages(): Page[] {
  const files = readdirSync(join(docs, 'decisions')).sort()
  return files.map((file) => ({ file, text: readFileSync(join(docs, 'decisions', file), 'utf8') }))
}

/** What is wrong with each page, in the order of their numbers. */
function faults(pages: readonly Page[], overview: string): string[] {
  return pages.flatMap(({ file, text }, index) => {
    const number = String(index + 1).padStart(4, '0')
    const title = text.split('\n', 1)[0]?.replace(/^# \d{4}: /, '')
    return [
      ...(file.startsWith(`${number}-`) && text.startsWith(`# ${number}: `) ? [] : [`${file} is not number ${number}`]),
      ...(overview.includes(`- [${number}](decisions/${file}): ${title}\n`) ? [] : [`${file} is not listed`]),
      ...(text.trimEnd().split('\n').length > linesMax ? [`${file} has more than ${linesMax} lines`] : []),
    ]
  })
}

test('decisions are numbered without gaps, listed by their titles, and short', () => {
  const pages = readPages()
  expect(pages.length).toBeGreaterThan(30)
  expect(faults(pages, readFileSync(join(docs, 'README.md'), 'utf8'))).toEqual([])
})

test('negative control: a gap, another title and a long page are found', () => {
  const pages = [
    { file: '0001-a.md', text: `# 0001: A\n${'x\n'.repeat(linesMax)}` },
    { file: '0003-b.md', text: '# 0003: B\n' },
  ]
  expect(faults(pages, '- [0001](decisions/0001-a.md): A\n- [0002](decisions/0003-b.md): C\n')).toEqual([
    '0001-a.md has more than 120 lines',
    '0003-b.md is not number 0002',
    '0003-b.md is not listed',
  ])
})
