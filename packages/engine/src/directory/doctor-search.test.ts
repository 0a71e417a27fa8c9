import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished, vi } from 'vitest'
import type { DoctorsQuery } from '../model/doctor.ts'
import { createDirectory } from './create-directory.ts'
import { correctedCondition, searchCondition } from './doctor-search.ts'

const search: DoctorsQuery = {
  clinicId: null,
  specialization: null,
  q: null,
  appointmentType: null,
  includeInactive: false,
  sort: 'name',
  limit: 100,
  cursor: null,
}

const scene = test.extend('people', { scope: 'file' }, async ({ database }) => {
  const clinic = await aClinic(database)
  const doctors = [
    ['Amara Okafor', 'General practice'],
    ['Kofi Mensah', 'Dermatology'],
    ['Lena Fischer', 'Hautarzt'],
    ['Mariam Haddad', 'أمراض القلب'],
    ['Tomás Peña', 'Paediatrics'],
    ['Vera Entwistle', 'Ear, nose and throat'],
    ['Jörg Weiß', 'Urology'],
    ['أحمد حدّاد', 'Urology'],
    ['فاطمة موسى', 'Urology'],
  ]
  for (const [name = '', specialization = ''] of doctors) await aDoctor(database, clinic, { name, specialization })
  return clinic
})

function find(database: TestDatabase, clinicId: string, q: string, rest: Partial<DoctorsQuery> = {}) {
  return createDirectory(database.appPool, () => undefined).doctors({ ...search, clinicId, q, ...rest })
}

const names = async (...call: Parameters<typeof find>) => (await find(...call)).items.map(({ name }) => name)

scene.for([
  ['GP', ['Amara Okafor']],
  ['Hausarzt', ['Amara Okafor']],
  ['طبيب عام', ['Amara Okafor']],
  ['skin', ['Kofi Mensah', 'Lena Fischer']],
  ['dermatologist', ['Kofi Mensah', 'Lena Fischer']],
  ['skin doctor', ['Kofi Mensah', 'Lena Fischer']],
  ['جلدية', ['Kofi Mensah', 'Lena Fischer']],
  ['heart', ['Mariam Haddad']],
  ['القلب', ['Mariam Haddad']],
  ['Kinderarzt', ['Tomás Peña']],
  ['ent', ['Vera Entwistle']],
  ['skin rash', ['Kofi Mensah', 'Lena Fischer']],
  ['my heart hurts', ['Mariam Haddad']],
  ['Fieber', ['Amara Okafor']],
  ['ألم الأذن', ['Vera Entwistle']],
  ['jorg weiss', ['Jörg Weiß']],
  ['WEIß', ['Jörg Weiß']],
  ['Weiß, Joerg', ['Jörg Weiß']],
  ['احمد حداد', ['أحمد حدّاد']],
  ['أَحْمَد', ['أحمد حدّاد']],
  ['فاطمه', ['فاطمة موسى']],
  ['موسي', ['فاطمة موسى']],
] as const)('%s finds %j', async ([q, expected], { database, people }) => {
  expect(await names(database, people.id, q)).toEqual(expected)
})

scene.for([
  ['dermatolgy', ['Kofi Mensah', 'Lena Fischer']],
  ['Okafro', ['Amara Okafor']],
  ['dr mensa skni', []],
  ['fisher', ['Lena Fischer']],
  ['Enwistl', ['Vera Entwistle']],
  ['my dr mensaa the dermatolgy', ['Kofi Mensah']],
  ['tomas pena', ['Tomás Peña']],
  ['pediatrician tomaz', ['Tomás Peña']],
  ['Joerg', ['Jörg Weiß']],
  ['الحداد', ['أحمد حدّاد']],
] as const)('with typing errors, %s finds %j', async ([q, expected], { database, people }) => {
  expect(await names(database, people.id, q)).toEqual(expected)
})

scene(
  'a specialization includes the same one by other names, with the names for readers',
  async ({ database, people }) => {
    const { items } = await createDirectory(database.appPool, () => undefined).doctors({
      ...search,
      clinicId: people.id,
      specialization: 'Dermatologie',
    })
    expect(items.map(({ name, specializationNames }) => [name, specializationNames?.de])).toEqual([
      ['Kofi Mensah', 'Dermatologie'],
      ['Lena Fischer', 'Hautarzt'],
    ])
  },
)

scene('each doctor’s text is folded once, however many words are searched for', async ({ database }) => {
  const q = 'okafro dermatolgy fisher'
  const others = [sql`r.active`]
  for (const condition of [
    await searchCondition([database.appPool], q),
    await correctedCondition([database.appPool], q, others),
  ]) {
    expect(condition?.sql.match(/normalize\(replace\(s\.text,/g)).toHaveLength(1)
  }
})

scene('all words must match: a name with another field finds nobody', async ({ database, people }) => {
  expect(await names(database, people.id, 'Okafor skin')).toEqual([])
  expect(await names(database, people.id, 'skin Mensah')).toEqual(['Kofi Mensah'])
})

scene('nothing is corrected while something is found, nor into nonsense', async ({ database, people }) => {
  await aDoctor(database, people, { name: 'Ann Fisher', specialization: 'Urology' })
  expect(await names(database, people.id, 'fisher')).toEqual(['Ann Fisher'])
  for (const q of ['zzzz', 'xyzxyzxyz', '%', '()']) expect(await names(database, people.id, q)).toEqual([])
})

test('a corrected search has pages, in either order', async ({ database, clinic }) => {
  for (let nth = 0; nth < 5; nth += 1) {
    const doctor = await aDoctor(database, clinic, { name: `Ida Lindqvist ${nth}`, specialization: 'Surgery' })
    await aSlot(database, doctor)
  }
  for (const sort of ['name', 'soonest'] as const) {
    const found: string[] = []
    let cursor: string | null = null
    do {
      const page = await find(database, clinic.id, 'Lindquist', { sort, limit: 2, cursor })
      found.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(found).toEqual([0, 1, 2, 3, 4].map((nth) => `Ida Lindqvist ${nth}`))
  }
})

test('specializations are read only for a text that means one', async ({ database, clinic }) => {
  await aDoctor(database, clinic, { name: 'Ida Lindqvist', specialization: 'Surgery' })
  const query = vi.spyOn(database.appPool, 'query')
  onTestFinished(() => query.mockRestore())
  const statements = async (q: string) => {
    query.mockClear()
    expect(await names(database, clinic.id, q)).toEqual(['Ida Lindqvist'])
    return query.mock.calls.length
  }
  expect([await statements('Lindqvist'), await statements('Ida surgeon')]).toEqual([1, 2])
})
