import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { knownSpecializations } from './known-specializations.ts'
import { localNamesOf, meantSpecializations, sameSpecializations } from './specialization-terms.ts'

const displayed = knownSpecializations.map(({ en }) => en[0])

describe('names', () => {
  test.for([
    ['Dermatology', { en: 'Dermatology', de: 'Dermatologie', ar: 'الأمراض الجلدية' }],
    ['dermatology', { en: 'dermatology', de: 'Dermatologie', ar: 'الأمراض الجلدية' }],
    // It stays as it was written in its own language.
    ['Pediatrics', { en: 'Pediatrics', de: 'Kinderheilkunde', ar: 'طب الأطفال' }],
    ['Hautarzt', { en: 'Dermatology', de: 'Hautarzt', ar: 'الأمراض الجلدية' }],
    ['أمراض القلب', { en: 'Cardiology', de: 'Kardiologie', ar: 'أمراض القلب' }],
    ['Sports and dance medicine', null],
    ['', null],
  ] as const)('%s is shown as %j', ([written, names]) => {
    expect(localNamesOf(written)).toEqual(names)
  })

  test('no name belongs to two specializations', () => {
    const all = knownSpecializations.flatMap(({ en, de, ar }) =>
      [...new Set([...en, ...de, ...ar])].map((name) => ({ name, en })),
    )
    for (const { name, en } of all) expect(localNamesOf(name)?.en, name).toBeOneOf([...en])
  })

  test('a known specialization includes its other names, an unknown one only itself', () => {
    const stored = ['Cardiology', 'Dermatologie', 'Hautarzt', 'Skin']
    expect(sameSpecializations('Dermatology', stored)).toEqual(['Dermatology', 'Dermatologie', 'Hautarzt'])
    expect(sameSpecializations('Skin', stored)).toEqual(['Skin'])
  })
})

describe('search', () => {
  test('every name, term and complaint finds its specialization by each of its names', () => {
    for (const { en, de, ar, terms, complaints } of knownSpecializations) {
      const all = [...new Set([...en, ...de, ...ar])]
      for (const word of [...all, ...terms, ...complaints]) {
        expect(meantSpecializations(word, all), word).toEqual(all)
      }
    }
  })

  test.for([
    ['back pain', ['Orthopaedics', 'Physiotherapy']],
    ['Rückenschmerzen', ['Orthopaedics', 'Physiotherapy']],
    ['ظهر', ['Orthopaedics', 'Physiotherapy']],
    ['fever', ['General practice']],
    ['Heuschnupfen', ['Allergology']],
    ['صداع', ['Neurology']],
    ['toothache', ['Dentistry']],
    ['Backhaus', []],
    ['nonsense', []],
  ] as const)('%s means %j', ([text, expected]) => {
    expect(meantSpecializations(text, displayed)).toEqual(expected)
  })
})

test('docs/specializations.md lists every specialization with its names', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/specializations.md'), 'utf8')
  for (const { en, de, ar } of knownSpecializations) {
    expect(page).toContain(`| ${en[0]} | ${de[0]} | ${ar[0]} |`)
  }
  expect(page.match(/^\| (?!---|English)/gm)).toHaveLength(knownSpecializations.length)
})
