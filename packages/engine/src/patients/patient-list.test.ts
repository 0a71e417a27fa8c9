import { aClinic, aPatientRecord, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { PatientFields } from '../model/patient-record.ts'
import { patientList, patientSearch } from './patient-list.ts'

const people: Partial<PatientFields>[] = [
  { name: 'Jürgen Groß', mrn: 'MRN 12/7', phone: '+49 171 2345678', birthDate: '1980-05-03' },
  { name: 'Fatima Al-Zahra', email: 'fatima@example.org', identifiers: [{ system: 'insurance', value: 'X-99Z' }] },
  { name: 'فاطمة موسى', phone: '٠١٧٠ ١١١٢٢٢٣' },
  { name: 'Raed Ångström', birthDate: '1980-03-05' },
]

async function aList(database: TestDatabase) {
  const pool = database.appPool
  const { patients } = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  for (const fields of people) await patients.create(clinic.no, aPatientRecord(fields), null)
  const search = async (q: string | null) => {
    const { items } = await patients.list({ clinicNo: clinic.no, q, limit: 10, cursor: null })
    return items.map(({ name }) => name)
  }
  return { patients, clinic, search }
}

test('a patient is found by parts of the name in any order, and as it is spelled elsewhere', async ({ database }) => {
  const { search } = await aList(database)
  for (const q of ['groß', 'gross jürg', 'Juergen', 'GROSS', 'rgen gro'])
    expect(await search(q)).toEqual(['Jürgen Groß'])
  for (const q of ['zahra fat', 'al zahra', 'alzahra']) {
    expect(await search(q)).toEqual(q === 'alzahra' ? [] : ['Fatima Al-Zahra'])
  }
  for (const q of ['موسي', 'فَاطِمَة']) expect(await search(q)).toEqual(['فاطمة موسى'])
  for (const q of ['angstrom', 'Aangstroem', 'aed']) expect(await search(q)).toEqual(['Raed Ångström'])
  expect(await search('Gross Raed')).toEqual([])
})

test('a patient is found by contacts, record number, identifier and birth date', async ({ database }) => {
  const { search } = await aList(database)
  const jurgen = [
    '0171 2345678',
    '+491712345678',
    '2345678',
    'MRN 12/7',
    'mrn12-7',
    '1980-05-03',
    '3.5.1980',
    '03.05.1980',
  ]
  for (const q of [...jurgen, 'gross 3.5.1980']) expect(await search(q)).toEqual(['Jürgen Groß'])
  for (const q of ['fatima@', 'EXAMPLE.org', 'x-99z']) expect(await search(q)).toEqual(['Fatima Al-Zahra'])
  expect(await search('01701112223')).toEqual(['فاطمة موسى'])
  // An American reads another day.
  expect((await search('3/5/1980')).sort()).toEqual(['Jürgen Groß', 'Raed Ångström'])
  expect(await search('gross 5.3.1980')).toEqual([])
  expect(await search('31.2.1980')).toEqual([])
})

test('the list is by name, in pages', async ({ database }) => {
  const { patients, clinic, search } = await aList(database)
  const all = await search(null)
  expect(all).toHaveLength(people.length)
  const pages: string[] = []
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await patients.list({ clinicNo: clinic.no, q: null, limit: 1, cursor })
    pages.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  }
  expect(pages).toEqual(all)
})

test('a page of a search ends after so many records, and the next one goes on', async ({ database }) => {
  const { clinic, search } = await aList(database)
  const { list } = patientList(database.appPool, 1)
  const found: string[] = []
  let pages = 0
  for (let cursor: string | null = null; pages === 0 || cursor !== null; pages += 1) {
    const page = await list({ clinicNo: clinic.no, q: 'gross', limit: 10, cursor })
    found.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  }
  expect({ found, pages }).toEqual({ found: await search('gross'), pages: people.length })
})

freshDatabaseTest('a search among 10,000 patients takes milliseconds, along the index', async ({ database }) => {
  const { search, clinic } = await aList(database)
  const other = await aClinic(database)
  await database.ownerPool.query(sql`insert into holdfast.patient (clinic_no, id, mrn, name, phone, email)
      select c.no, holdfast.new_id(c.no, now()), 'N-' || n, 'Person ' || md5(n::text), '0170 ' || n, n || '@example.org'
        from unnest(${[clinic.no, other.no]}::integer[]) c(no) cross join generate_series(1, 10000) n`)
  await database.ownerPool.query('analyze holdfast.patient')
  const query = patientSearch({ clinicNo: clinic.no, q: 'gross jürg', limit: 20 })
  const { rows } = await database.appPool.query({ ...query, text: `explain ${query.text}`, values: query.values })
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toMatch(/Index Scan using patient_list/)
  expect(plan).not.toMatch(/Seq Scan|Sort/)
  await search('gross jürg')
  const startedAt = performance.now()
  for (const q of ['gross jürg', 'nobody at all', '0171 2345678', '9999@example', 'N-4711']) await search(q)
  const ms = Math.round((performance.now() - startedAt) / 5)
  console.log(`a search among 10,000 patients: ${ms} ms`)
  expect(ms).toBeLessThan(500)
})
