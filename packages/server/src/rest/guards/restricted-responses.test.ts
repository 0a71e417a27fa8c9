import type { TheatreBoardBody } from '@holdfast/contract'
import { expect, test } from 'vitest'
import type { ClinicActor } from './access.ts'
import { restrictedResponses } from './restricted-responses.ts'

const actor = (role: ClinicActor['role'], doctorId: string | null = null): ClinicActor => ({
  kind: 'account',
  accountId: 'an account',
  clinicNo: 1,
  role,
  doctorId,
  hasSecondFactor: false,
})
const others = [actor('staff'), actor('admin'), actor('site_administrator')]

type CaseBody = TheatreBoardBody['cases'][number]

const allocation = (kind: CaseBody['allocations'][number]['kind'], resourceId: string) => ({
  kind,
  resourceId,
  unit: 1,
  from: '2031-01-06T09:00:00.000Z',
  to: '2031-01-06T10:00:00.000Z',
})

function aCase(surgeonId: string, overrides: Partial<CaseBody> = {}): CaseBody {
  return {
    id: `case of ${surgeonId}`,
    clinicId: 'a clinic',
    status: 'CONFIRMED',
    failureReason: null,
    cancellationReason: null,
    holdExpiresAt: null,
    roomId: `room of ${surgeonId}`,
    startsAt: '2031-01-06T09:00:00.000Z',
    endsAt: '2031-01-06T10:00:00.000Z',
    expectedEndsAt: '2031-01-06T10:10:00.000Z',
    projectedStartsAt: null,
    projectedEndsAt: null,
    minutes: 60,
    turnoverMinutes: 15,
    surgeonId,
    anaesthetistId: `anaesthetist of ${surgeonId}`,
    staffIds: [`nurse of ${surgeonId}`],
    equipment: [{ equipmentId: `robot of ${surgeonId}`, units: 1 }],
    blockId: null,
    service: `service of ${surgeonId}`,
    procedure: { code: 'A', display: `procedure of ${surgeonId}` },
    urgency: 'elective',
    patient: { mrn: '1', name: `patient of ${surgeonId}`, birthDate: null },
    requestId: null,
    override: null,
    allocations: [
      allocation('room', `room of ${surgeonId}`),
      allocation('surgeon', surgeonId),
      allocation('anaesthetist', `anaesthetist of ${surgeonId}`),
      allocation('staff', `nurse of ${surgeonId}`),
      allocation('equipment', `robot of ${surgeonId}`),
      allocation('patient', `patient of ${surgeonId}`),
    ],
    milestones: [],
    atRiskBy: null,
    lacks: null,
    patientFlags: [],
    note: null,
    version: 1,
    createdAt: '2031-01-01T00:00:00.000Z',
    updatedAt: '2031-01-01T00:00:00.000Z',
    ...overrides,
  }
}

function aBoard(cases: CaseBody[]): TheatreBoardBody {
  const ids = cases.flatMap((one) => [one.surgeonId, one.anaesthetistId ?? '', ...one.staffIds])
  return {
    from: '2031-01-06',
    to: '2031-01-06',
    timezone: 'UTC',
    asOf: '2031-01-06T08:00:00.000Z',
    rooms: [],
    blocks: [],
    cases,
    people: ids.map((id) => ({ id, name: `name of ${id}` })),
    equipment: cases
      .flatMap((one) => one.equipment)
      .map(({ equipmentId: id }) => ({
        id,
        name: `name of ${id}`,
        units: 1,
        reprocessingMinutes: 0,
        externalIds: [],
        active: true,
      })),
  }
}

test('a doctor’s board has their own cases, and of others’ what they take and when', () => {
  const board = aBoard([aCase('chen'), aCase('sato')])
  const seen = restrictedResponses.cases(actor('doctor', 'chen'), board)
  expect(seen.cases).toEqual([aCase('chen')])
  // The time ends when the case is expected to end.
  const busy = { unit: 1, from: '2031-01-06T09:00:00.000Z', to: '2031-01-06T10:10:00.000Z' }
  expect(seen.busy).toEqual([
    { ...busy, kind: 'anaesthetist', resourceId: 'anaesthetist of sato' },
    { ...busy, kind: 'equipment', resourceId: 'robot of sato' },
    // With its turnover.
    { ...busy, kind: 'room', resourceId: 'room of sato', to: '2031-01-06T10:25:00.000Z' },
    { ...busy, kind: 'surgeon', resourceId: 'sato' },
  ])
  expect(seen.people.map(({ id }) => id)).toEqual([
    'chen',
    'anaesthetist of chen',
    'nurse of chen',
    'sato',
    'anaesthetist of sato',
  ])
  expect(seen.equipment.map(({ id }) => id)).toEqual(['robot of chen', 'robot of sato'])
  for (const word of ['patient', 'procedure', 'service', 'nurse', 'case']) {
    expect(JSON.stringify(seen)).not.toContain(`${word} of sato`)
  }
  // The control: what the handler returned has all of it.
  for (const word of ['patient', 'procedure', 'service', 'nurse', 'case']) {
    expect(JSON.stringify(board)).toContain(`${word} of sato`)
  }
})

test('others’ late cases take longer on a doctor’s board, too, as far as is known when it is read', () => {
  const board = aBoard([aCase('sato')])
  const untils = (asOf: string) => {
    const { busy = [] } = restrictedResponses.cases(actor('doctor', 'chen'), { ...board, asOf })
    return new Set(busy.filter(({ kind }) => kind !== 'room').map(({ to }) => to))
  }
  expect(untils('2031-01-06T08:59:00.000Z')).toEqual(new Set(['2031-01-06T10:10:00.000Z']))
  expect(untils('2031-01-06T09:30:00.000Z')).toEqual(new Set(['2031-01-06T10:30:00.000Z']))
})

test('a case of a doctor’s board is at risk by none of others’', () => {
  const atRisk = [aCase('chen', { atRiskBy: 'case of sato' }), aCase('chen', { id: 'later', atRiskBy: 'case of chen' })]
  const board = aBoard([...atRisk, aCase('sato')])
  const seen = restrictedResponses.cases(actor('doctor', 'chen'), board)
  expect(seen.cases.map(({ atRiskBy }) => atRiskBy)).toEqual([null, 'case of chen'])
  expect(restrictedResponses.cases(actor('staff'), board).cases[0]?.atRiskBy).toBe('case of sato')
})

test('a case of a doctor’s board lacks what others have, and does not say which of others’ cases', () => {
  const lack = (caseId: string) => ({ ...allocation('room', 'room of chen'), caseId, slotId: null, isFree: false })
  const lacks = [lack('case of sato'), lack('case of chen')]
  const board = aBoard([aCase('chen', { id: 'early', lacks }), aCase('chen'), aCase('sato')])
  const seen = restrictedResponses.cases(actor('doctor', 'chen'), board)
  expect(seen.cases[0]?.lacks).toEqual([{ ...lack('case of sato'), caseId: null }, lack('case of chen')])
  expect(restrictedResponses.cases(actor('staff'), board).cases[0]?.lacks).toEqual(lacks)
})

test('a doctor without cases, or whose account has no calendar, sees no case', () => {
  const board = aBoard([aCase('chen'), aCase('sato')])
  for (const doctorId of ['okafor', null]) {
    const seen = restrictedResponses.cases(actor('doctor', doctorId), board)
    expect(seen.cases).toEqual([])
    expect(seen.busy).toHaveLength(8)
    expect(JSON.stringify(seen)).not.toMatch(/(patient|procedure|service|nurse|case) of/)
  }
})

test('staff, admins and site administrators get the whole board and whole lists', () => {
  const board = aBoard([aCase('chen'), aCase('sato')])
  const list = { items: [aCase('chen'), { surgeonId: null }] }
  for (const one of others) {
    expect(restrictedResponses.cases(one, board)).toEqual(board)
    expect(restrictedResponses.items(one, list)).toEqual(list)
  }
})

test('a doctor’s lists have only what they are the surgeon of', () => {
  const list = { items: [aCase('chen'), aCase('sato'), { surgeonId: null }] }
  expect(restrictedResponses.items(actor('doctor', 'chen'), list)).toEqual({ items: [aCase('chen')] })
  expect(restrictedResponses.items(actor('doctor'), list)).toEqual({ items: [] })
})
