// Completeness: docs/security/asvs.md lacks a requirement, or names a file that does not exist
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/security/asvs.md'), 'utf8')

/** How many requirements of levels 1 and 2 each chapter of ASVS 5.0 has. */
const requirements = [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7]
const states = ['yes', 'partly', 'no', 'operator', 'n/a']

type Row = { id: string; state: string; where: string }

function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| (\d+\.\d+\.\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].map(
    ([, id = '', state = '', where = '']) => ({ id, state, where }),
  )
}

function mistakesIn(text: string): string[] {
  const rows = rowsOf(text)
  const perChapter = requirements.map(
    (_, index) => new Set(rows.filter(({ id }) => id.startsWith(`${index + 1}.`)).map(({ id }) => id)).size,
  )
  const missing = requirements.flatMap((count, index) =>
    perChapter[index] === count ? [] : [`V${index + 1} has ${perChapter[index]} of ${count} requirements`],
  )
  const wrong = rows.filter(({ state }) => !states.includes(state)).map(({ id, state }) => `${id}: ${state}?`)
  const dead = rows.flatMap(({ id, where }) =>
    [...where.matchAll(/`((?:packages|tools|docs|bench|drills)\/[^`]+)`/g)]
      .filter(([, path = '']) => !existsSync(join(root, path)))
      .map(([, path]) => `${id}: there is no ${path}`),
  )
  const counted = states.map((state) => `${rows.filter((row) => row.state === state).length} ${state}`).join(', ')
  const summary = `Of ${rows.length} requirements: ${counted}.`
  return [...missing, ...wrong, ...dead, ...(text.includes(summary) ? [] : [`the page does not say: ${summary}`])]
}

test('the page has every requirement, and every file that it names exists', () => {
  expect(mistakesIn(page)).toEqual([])
})

test('a missing requirement, an unknown state and a missing file are noticed', () => {
  const planted = page
    .replace(/^\| 1\.1\.1 .*\n/m, '')
    .replace('| 1.1.2 | output encoded last | yes |', '| 1.1.2 | output encoded last | maybe |')
    .replace('validator.test.ts', 'no-such.test.ts')
  expect(planted).not.toBe(page)
  expect(mistakesIn(planted)).toEqual([
    'V1 has 26 of 27 requirements',
    '1.1.2: maybe?',
    expect.stringMatching(/^\d+\.\d+\.\d+: there is no packages\/.*no-such\.test\.ts$/),
    expect.stringContaining('the page does not say: Of 252'),
  ])
})
