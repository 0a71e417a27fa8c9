import { aDoctor, type TestDatabase } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, caseOf, soonAt, test } from '../../test/theatre.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import type { Page } from '../model/page.ts'
import type { CaseRequest, CaseRequestsFilter } from '../model/theatre.ts'

/** The ids of every page. */
async function pagesOf(read: (cursor: string | null) => Promise<Page<{ id: string }>>): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const page: Page<{ id: string }> = await read(cursor)
    pages.push(page.items.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null)
  return pages
}

describe('cases in pages', () => {
  /** Five cases, of which three begin at once, in different rooms. */
  async function fiveCases(database: TestDatabase) {
    const scene = await aTheatre(database)
    const { theatre, clinic } = scene
    const ids: string[] = []
    for (const hour of [8, 9, 9, 9, 10]) {
      const elsewhere = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
      ids.push(caseOf(await theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(hour), confirm: true }))).id)
    }
    const range = { clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false }
    return { theatre, ids, range }
  }

  test('have each once, in order, and the whole list has them all', async ({ database }) => {
    const { theatre, ids, range } = await fiveCases(database)
    const pages = await pagesOf((cursor) => theatre.casesPage({ ...range, limit: 2, cursor }))
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
    expect(pages.flat()).toEqual([ids[0], ...ids.slice(1, 4).toSorted(), ids[4]])
    expect((await theatre.cases(range)).map(({ id }) => id)).toEqual(pages.flat())
  })

  test('leave out ended ones, and go on after them', async ({ database }) => {
    const { theatre, ids, range } = await fiveCases(database)
    const [first = '', ...others] = ids
    await theatre.cancelCase({ caseId: first, reasonCode: 'patient', actorId: null, key: null })
    const pages = await pagesOf((cursor) => theatre.casesPage({ ...range, limit: 2, cursor }))
    expect(pages.map((page) => page.length)).toEqual([1, 2, 1])
    expect(new Set(pages.flat())).toEqual(new Set(others))
    const ended = await pagesOf((cursor) => theatre.casesPage({ ...range, withEnded: true, limit: 2, cursor }))
    expect(ended.flat()).toHaveLength(5)
  })

  test('have no risks if nobody asks for them', async ({ scene }) => {
    const { theatre, clinic } = scene
    const first = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(8), confirm: true })))
    await theatre.claimCase(aCase(scene, { startsAt: soonAt(9), confirm: true }))
    const extension = { caseId: first.id, expectedEndsAt: soonAt(10), actorId: null, key: null }
    expect(await theatre.extendCase(extension)).toMatchObject({ kind: 'done' })
    const range = { clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false }
    const whole = await theatre.cases(range)
    expect(whole).toMatchObject([
      { atRiskBy: null, lacks: [] },
      { atRiskBy: first.id, lacks: [] },
    ])
    const bare = whole.map((one) => ({ ...one, atRiskBy: null, lacks: null }))
    expect(await theatre.cases({ ...range, withRisks: false })).toEqual(bare)
  })

  test('refuse a cursor of another list', async ({ database }) => {
    const { theatre, range } = await fiveCases(database)
    await expect(theatre.casesPage({ ...range, limit: 2, cursor: 'abc' })).rejects.toThrow(InvalidCursor)
  })
})

test('requests in pages: by urgency, due day and time, each once', async ({ database }) => {
  const { theatre, clinic } = await aTheatre(database)
  const wanted: [CaseRequest['urgency'], string | null][] = [
    ['elective', null],
    ['elective', '2031-02-01'],
    ['urgent', null],
    ['elective', null],
    ['elective', '2031-01-01'],
  ]
  const ids: string[] = []
  for (const [index, [urgency, dueOn]] of wanted.entries()) {
    const request = {
      service: 'Orthopaedics',
      procedure: { code: 'A', display: 'A' },
      minutes: 30,
      urgency,
      dueOn,
      note: null,
      roomId: null,
      surgeonId: null,
      anaesthetistId: null,
      staffIds: [],
      equipment: [],
      createdBy: null,
      mayChangePatient: true,
      patient: { mrn: `M-${index}`, name: 'Ada Okafor', birthDate: null },
    }
    const created = await theatre.createCaseRequest(clinic.no, request, null)
    ids.push(created.kind === 'done' && created.value.kind === 'created' ? created.value.id : '')
  }
  const inOrder = [2, 4, 1, 0, 3].map((index) => ids[index])
  for (const status of ['open', null] as const) {
    const list = { clinicNo: clinic.no, status }
    const pages = await pagesOf((cursor) => theatre.caseRequestsPage({ ...list, limit: 2, cursor }))
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
    expect(pages.flat()).toEqual(inOrder)
    expect((await theatre.caseRequests(list)).map(({ id }) => id)).toEqual(inOrder)
  }
})

test('requests by words, service, urgency and due day; all that match, in pages', async ({ database }) => {
  const { theatre, clinic, surgeon } = await aTheatre(database)
  const add = async (patientName: string, change: object) => {
    const request = {
      service: 'Orthopaedics',
      procedure: { code: '0SR9', display: 'Hip replacement' },
      minutes: 30,
      urgency: 'elective' as const,
      dueOn: null,
      note: null,
      roomId: null,
      surgeonId: null,
      anaesthetistId: null,
      staffIds: [],
      equipment: [],
      createdBy: null,
      mayChangePatient: true,
      patient: { mrn: `M-${patientName}`, name: patientName, birthDate: null },
      ...change,
    }
    const created = await theatre.createCaseRequest(clinic.no, request, null)
    return created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  }
  const gross = await add('Jürgen Groß', { urgency: 'urgent', note: 'needs the robot' })
  const okafor = await add('Ada Okafor', { service: 'Urology', dueOn: '2031-02-01', surgeonId: surgeon.id })
  const nowak = await add('Łukasz Nowak', { dueOn: '2031-02-02' })
  const found = async (filter: CaseRequestsFilter) =>
    (
      await pagesOf((cursor) =>
        theatre.caseRequestsPage({ clinicNo: clinic.no, status: 'open', filter, limit: 1, cursor }),
      )
    ).flat()
  expect(await found({})).toEqual([gross, okafor, nowak])
  expect(await found({ text: 'hip' })).toEqual([gross, okafor, nowak])
  expect(await found({ text: 'robot gross' })).toEqual([gross])
  expect(await found({ text: 'lukasz' })).toEqual([nowak])
  expect(await found({ text: 'M-Ada 0SR9 urology' })).toEqual([okafor])
  expect(await found({ text: 'robot okafor' })).toEqual([])
  expect(await found({ service: 'uro' })).toEqual([okafor])
  expect(await found({ surgeonId: surgeon.id })).toEqual([okafor])
  expect(await found({ urgency: 'elective', text: ' ' })).toEqual([okafor, nowak])
  expect(await found({ dueUntil: '2031-02-01' })).toEqual([okafor])
})
