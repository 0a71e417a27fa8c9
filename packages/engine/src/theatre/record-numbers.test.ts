import { aDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { callClaimCases, outcomesOf, somePlaces } from '../../test/claim-batch.ts'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'

/** Another room and surgeon of the same clinic. */
async function elsewhere(database: TestDatabase, { theatre, clinic }: BuiltTheatre) {
  return { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
}

const same: readonly (readonly string[])[] = [
  ['PX 12', 'px12', 'Px-12', ' PX/12.', 'ＰＸ１２', 'px\u200b12', 'px1\ufe0e2\ufe0f', 'PX١٢'],
  ['1-23', '1/23', '1 – 23'],
  ['12-3'],
  ['123', '1 2 3', '123-'],
  ['0123'],
  ['T-1'],
  ['TH-1'],
  ['Ä1', 'A\u03081', 'ä1'],
  ['A1'],
  ['-'],
  ['/'],
]

async function folded(database: TestDatabase, numbers: readonly string[]): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ key: string }>(sql`select holdfast.fold_record_number(u.mrn) as key
      from unnest(${numbers}::text[]) with ordinality u(mrn, n) order by u.n`)
  return rows.map(({ key }) => key)
}

test('case, spaces and punctuation make no other record number, except between digits', async ({ database }) => {
  const keys = await Promise.all(same.map(async (numbers) => [...new Set(await folded(database, numbers))]))
  expect(keys).toEqual(['px12', '1-23', '12-3', '123', '0123', 't1', 'th1', 'ä1', 'a1', '-', '/'].map((key) => [key]))
})

test('a patient whose record number is spelled in another way is the known one', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  const patient = { mrn: 'PX 12', name: 'Ada Okafor', birthDate: null }
  const spelled = { ...patient, mrn: 'px12' }
  const other = await elsewhere(database, scene)
  const claim = (overrides: Partial<typeof patient>, hours = 9) =>
    theatre.claimCase(aCase(other, { patient: { ...spelled, ...overrides }, startsAt: soonAt(hours) }))
  const first = caseOf(await theatre.claimCase(aCase(scene, { patient })))
  expect(await claim({})).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'resource_busy', role: 'patient' }] })
  expect(await claim({ name: 'Grace Hopper' }, 12)).toMatchObject({ conflicts: [{ kind: 'patient_mismatch' }] })
  expect(caseOf(await claim({}, 12))).toMatchObject({ patientId: first.patientId, patient })

  const request = { ...aCase(other), dueOn: null, roomId: null, note: null, createdBy: null, mayChangePatient: true }
  const wrong = { ...request, patient: { ...spelled, name: 'Grace Hopper' } }
  expect(await theatre.createCaseRequest(clinic.no, wrong, null)).toMatchObject({
    value: { kind: 'patient_mismatch' },
  })
  const erasure = { clinicNo: clinic.no, of: { mrn: spelled.mrn }, actorId: null }
  expect(await scene.engine.patients.erase(erasure)).toMatchObject({ kind: 'in_use' })
})

test('negative control: without the fold, the patient is in two rooms at once', async ({ database }) => {
  await plantFunction(database, 'fold_record_number', { part: /RETURN [\s\S]*/, becomes: 'return p_mrn' })
  const scene = await aTheatre(database)
  const other = await elsewhere(database, scene)
  const booked = (mrn: string, place: typeof other) =>
    scene.theatre.claimCase(aCase(place, { patient: { mrn, name: 'Ada Okafor', birthDate: null } }))
  await booked('PX 12', scene)
  expect(await booked('px12', other)).toMatchObject({ kind: 'booked' })
})

test('of two claims of a batch with two spellings of a new number, the second is not decided', async ({ database }) => {
  const scene = await aTheatre(database)
  const places = await somePlaces(database, scene, 4)
  const claim = (mrn: string, n: number) => {
    const place = places[n]
    if (place === undefined) throw new Error('There are too few places.')
    return aCase(place, { patient: { mrn, name: 'Ada Okafor', birthDate: null } })
  }
  const decide = (claims: ReturnType<typeof claim>[]) => outcomesOf(callClaimCases(database.appPool, scene, claims))
  expect(await decide([claim('PX 12', 0), claim('px12', 1)])).toEqual(['done', 'alone'])
  await plantFunction(database, 'claim_cases', { part: 'b.record_key = c.record_key', becomes: 'false' })
  expect(await decide([claim('PX 13', 2), claim('px13', 3)])).toEqual(['40001'])
})
