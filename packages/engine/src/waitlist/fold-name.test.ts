import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { foldedName, foldedPhone, phoneKeys } from '@holdfast/vocabulary'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'

const same: readonly [string, string][] = [
  ['Ada Lovelace', ' ada   LOVELACE '],
  ['Zoë', 'Zoe\u0308'],
  ['Groß', 'GROSS'],
  ['Ａｄａ', 'Ada'],
  ['ﬁona', 'Fiona'],
  ['Ann\u00a0Muster', 'Ann Muster'],
  ['Ann\u3000Muster', 'Ann Muster'],
  ['Ann\u2800Muster', 'Ann Muster'],
  ['Ann \u200bMuster', 'Ann Muster'],
  ['\u202eAnn Muster', 'Ann Muster'],
  ['Ann\ufe0f Mu\u00adster', 'Ann Muster'],
  ['Müller, Hans', 'Hans Mueller'],
  ['Çelik Ayşe', 'AYSE CELIK'],
  ['Anna-Lena Groß', 'Gross Anna Lena'],
  ["Seán O'Brien", 'Sean OBrien'],
  ['Łukasz Ångström', 'Lukasz Aangstroem'],
  ['مُحَمَّد أحمد', 'احمد محمد'],
  ['王, 伟', '伟 王'],
]

async function folded(database: TestDatabase, names: readonly string[]): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ name: string }>(sql`select holdfast.fold_name(u.name) as name
      from unnest(${names}::text[]) with ordinality u(name, n) order by u.n`)
  return rows.map(({ name }) => name)
}

test('two spellings of one name are one person', async ({ database }) => {
  const [ones, others] = [
    await folded(
      database,
      same.map(([one]) => one),
    ),
    await folded(
      database,
      same.map(([, other]) => other),
    ),
  ]
  expect(ones).toEqual(others)
  const [ann, anna, ...without] = await folded(database, ['Ann Muster', 'Anna Muster', '?', '??', ''])
  expect([ann, anna, ...without]).toEqual(['ann muster', 'anna muster', '?', '??', ''])
})

test('the site compares names by the same rule', async ({ database }) => {
  const others = [
    'Ｗｉｄｅ ｆｕｌｌ',
    'Œuvre Þór Ðóra ĐOKOVIĆ',
    'GROẞ-Fuß',
    'İpek Işık',
    'ΠΑΠΑΔΌΠΟΥΛΟΣ Νίκος',
    'Ёлкин ЙОСИФ',
  ]
  const odd = ['D`Arcy D´Arcy O’Brien', 'فَاطِمَة مُوسَى ٱلله', 'ae oe ue aa dj th', '·', '?', '', ' Ann  \u2014 B. ']
  const letters = 'aAeEtThHdDjJoOuUßäÖüÅœæþıİςΣ\u0301\u0308\u200b´`\u2019 ,.-\u00a0\u3000ةىـ伟'
  const anyName = fc.array(fc.string({ unit: fc.constantFrom(...letters) }), { minLength: 500, maxLength: 500 })
  const names = [...same.flat(), ...others, ...odd, ...fc.sample(anyName, 3).flat()]
  expect(names.map(foldedName)).toEqual(await folded(database, names))
})

test('no invisible character makes another name on the site', () => {
  expect(new Set(invisible().map((character) => foldedName(`Ann${character} Muster`)))).toEqual(new Set(['ann muster']))
})

/** Every character that is invisible by Unicode. */
function invisible(): string[] {
  const found: string[] = []
  for (let code = 0; code <= 0x10_ff_ff; code += 1) {
    const character = String.fromCodePoint(code)
    if (/\p{Default_Ignorable_Code_Point}/u.test(character)) found.push(character)
  }
  return found
}

test('no character that is invisible makes another name', async ({ database }) => {
  const names = invisible().map((character) => `Ann${character} Muster`)
  expect(names.length).toBeGreaterThan(4_000)
  expect(new Set(await folded(database, names))).toEqual(new Set(['ann muster']))
})

freshTest('negative control: without the list of invisible characters, they do', async ({ database }) => {
  await plantFunction(database, 'fold_letters', { part: /\[\\u00ad[^\]]*\]/, becomes: '[\\u00ad]' })
  const names = invisible().map((character) => `Ann${character} Muster`)
  expect(new Set(await folded(database, names)).size).toBeGreaterThan(4_000)
})

test('a telephone number is the same with and without the code of its country', async ({ database }) => {
  const numbers = async (phones: string[]) => {
    const { rows } = await database.ownerPool.query<{ number: string | null }>(sql`
      select holdfast.fold_phone(u.phone) as number from unnest(${phones}::text[]) with ordinality u(phone, n)
      order by u.n`)
    return rows.map(({ number }) => number)
  }
  const shared = [
    '+49 0171 123',
    '00',
    '0049',
    '+ 49 171',
    '49 171 123',
    '++49 171',
    '12+49',
    '+999 5',
    '+42 5 1',
    '۰۱۷۱',
    '',
  ]
  expect(shared.map(foldedPhone)).toEqual(await numbers(shared))
  const anyNumber = fc.array(fc.string({ unit: fc.constantFrom(...'+0012345678949 (/٠٤۹') }), {
    minLength: 500,
    maxLength: 500,
  })
  for (const phones of fc.sample(anyNumber, 3)) expect(phones.map(foldedPhone)).toEqual(await numbers(phones))
  const one = ['+49 171 123', '0171 123', '0049 171/123', '(+49) (0)171-123', '171 123', '٠١٧١ ١٢٣']
  expect(new Set(await numbers(one))).toEqual(new Set(['171123']))
  expect(await numbers(['+1 212 555 0100', '+353 1 234', '+49 30 12 + 13', '+', '0'])).toEqual([
    '2125550100',
    '1234',
    '301213',
    null,
    null,
  ])
})

test('the site compares telephone numbers by the same keys', async ({ database }) => {
  const keysOf = async (phones: string[]) => {
    const { rows } = await database.ownerPool.query<{ keys: string[] }>(sql`
      select array_remove(holdfast.identity_keys(jsonb_build_object('phone', u.phone), null), 'none') as keys
       from unnest(${phones}::text[]) with ordinality u(phone, n) order by u.n`)
    return rows.map(({ keys }) => keys)
  }
  const anyNumber = fc.array(fc.string({ unit: fc.constantFrom(...'+0012345678949 (/٠٤۹१') }), {
    minLength: 500,
    maxLength: 500,
  })
  const phones = ['+49 171 123', '49 171 123', '٠١٧١', '१२३', '0', '+', '', ...fc.sample(anyNumber, 3).flat()]
  expect(phones.map(phoneKeys)).toEqual(await keysOf(phones))
})
