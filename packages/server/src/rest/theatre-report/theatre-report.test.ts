import type { Block, Case } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { csvText } from '../responses/csv.ts'
import { reportRows } from './report-csv.ts'
import { type TheatreReportQuery, theatreReport } from './theatre-report.ts'

const day = '2030-03-05'
const at = (time: string, date = day) => new Date(`${date}T${time}:00Z`)
let ids = 0

function aCase(change: Partial<Case> & { inRoom?: string; outOfRoom?: string } = {}): Case {
  const { inRoom, outOfRoom, ...rest } = change
  ids += 1
  const startsAt = change.startsAt ?? at('08:00')
  const minutes = change.minutes ?? 60
  const endsAt = new Date(startsAt.getTime() + minutes * 60_000)
  return {
    id: `case-${String(ids).padStart(4, '0')}`,
    clinicId: 'clinic',
    status: 'COMPLETED',
    failureReason: null,
    cancellationReason: null,
    holdExpiresAt: null,
    roomId: 'one',
    startsAt,
    endsAt,
    expectedEndsAt: endsAt,
    minutes,
    turnoverMinutes: 0,
    surgeonId: 'ada',
    anaesthetistId: null,
    staffIds: [],
    equipment: [],
    blockId: null,
    service: 'Bones',
    procedure: { code: '1', display: 'x' },
    urgency: 'elective',
    patientId: 'p',
    patient: null,
    requestId: null,
    override: null,
    allocations: [],
    atRiskBy: null,
    lacks: null,
    patientFlags: [],
    note: null,
    milestones: [
      ...(inRoom === undefined ? [] : [{ milestone: 'in_room' as const, at: at(inRoom) }]),
      ...(outOfRoom === undefined ? [] : [{ milestone: 'out_of_room' as const, at: at(outOfRoom) }]),
    ],
    version: 1,
    createdAt: startsAt,
    updatedAt: startsAt,
    ...rest,
  }
}

function aBlock(change: Partial<Block> = {}): Block {
  ids += 1
  return {
    id: `block-${ids}`,
    roomId: 'one',
    from: at('08:00'),
    to: at('12:00'),
    minutes: 240,
    usedMinutes: 0,
    service: null,
    surgeonId: null,
    releaseDays: null,
    releasedAt: null,
    isReleased: false,
    seriesId: null,
    withdrawnAt: null,
    filling: null,
    ...change,
  }
}

/** All cases were confirmed, unless it says which. */
function report(change: Partial<TheatreReportQuery>) {
  return theatreReport({
    from: day,
    to: day,
    timezone: 'UTC',
    graceMinutes: 0,
    turnoverMinutesMax: 90,
    releaseDays: 7,
    now: at('00:00', '2030-04-01'),
    cases: [],
    confirmedIds: new Set(change.cases?.map(({ id }) => id)),
    blocks: [],
    names: new Map([['one', '=1+1']]),
    ...change,
  })
}

test('nothing at all has no ratios', () => {
  const { total, byRoom } = report({})
  expect(total).toMatchObject({ cases: 0, rawUtilisation: null, onTimeRate: null, turnoverMinutesMedian: null })
  expect(total).toMatchObject({ cancellationRate: null, releaseCompliance: null, cancellations: [] })
  expect(byRoom).toEqual([])
})

test('utilisation counts time in the room within blocks, adjusted with turnovers', () => {
  const cases = [
    // Ten minutes before the block.
    aCase({ inRoom: '07:50', outOfRoom: '09:00' }),
    aCase({ startsAt: at('09:30'), inRoom: '09:30', outOfRoom: '10:30' }),
    // Ends half an hour after the block.
    aCase({ startsAt: at('11:00'), inRoom: '11:00', outOfRoom: '12:30' }),
    // This case is in another room, which has no block.
    aCase({ roomId: 'two', inRoom: '08:00', outOfRoom: '09:00' }),
    // The second milestone is missing.
    aCase({ roomId: 'two', startsAt: at('10:00'), inRoom: '10:00' }),
  ]
  const { total } = report({ cases, blocks: [aBlock()] })
  expect(total).toMatchObject({ cases: 5, timedCases: 4, blockMinutes: 240, inBlockMinutes: 180 })
  expect(total).toMatchObject({ turnoverInBlockMinutes: 60, rawUtilisation: 0.75, adjustedUtilisation: 1 })
  expect(total).toMatchObject({ turnovers: 2, turnoverMinutesMedian: 30, overtimeMinutes: 30 })
})

test('an emergency is not the first case of a day: the first planned one is', () => {
  const late = aCase({ startsAt: at('07:30'), inRoom: '08:10', outOfRoom: '09:00' })
  for (const urgency of ['immediate', 'urgent'] as const) {
    const emergency = aCase({ startsAt: at('01:30'), inRoom: '01:30', outOfRoom: '02:30', urgency })
    const { total } = report({ cases: [emergency, late] })
    expect(total).toMatchObject({ cases: 2, firstCases: 1, firstCasesOnTime: 0, firstCaseDelayMinutesMedian: 40 })
  }
})

test('a case behind midnight is of the day on which its block begins', () => {
  const next = '2030-03-06'
  const block = aBlock({ from: at('22:00'), to: at('06:00', next), minutes: 480 })
  const milestones = [
    { milestone: 'in_room' as const, at: at('02:00', next) },
    { milestone: 'out_of_room' as const, at: at('05:00', next) },
  ]
  const night = aCase({ blockId: block.id, startsAt: at('02:00', next), minutes: 180, milestones })
  const outside = aCase({ startsAt: at('08:00', next) })
  const { byDay } = report({ to: next, cases: [night, outside], blocks: [block] })
  expect(byDay).toMatchObject([
    { key: day, figures: { cases: 1, blockMinutes: 480, inBlockMinutes: 180, unusedBlocks: 0, firstCases: 1 } },
    { key: next, figures: { cases: 1, blockMinutes: 0, inBlockMinutes: 0 } },
  ])
})

test('blocks that are not over do not count', () => {
  const cases = [aCase({ inRoom: '08:00', outOfRoom: '10:00' })]
  const blocks = [aBlock(), aBlock({ id: 'next', from: at('13:00'), to: at('17:00') })]
  const { total } = report({ cases, blocks, now: at('13:30') })
  expect(total).toMatchObject({ blockMinutes: 240, rawUtilisation: 0.5 })
})

test('a block that has not begun is over in a plan that was tried out, not because a patient has come early', () => {
  const now = at('07:00')
  const minutesOf = (change: Parameters<typeof aCase>[0]) => {
    const block = aBlock()
    return report({ cases: [aCase({ blockId: block.id, ...change })], blocks: [block], now }).total.blockMinutes
  }
  expect(minutesOf({ status: 'ARRIVED', milestones: [{ milestone: 'arrived', at: at('06:55') }] })).toBe(0)
  expect(minutesOf({ inRoom: '06:20', outOfRoom: '07:05' })).toBe(0)
  expect(minutesOf({ inRoom: '08:00', outOfRoom: '09:00' })).toBe(240)
})

test('rooms are listed with the numbers in their names by value', () => {
  const cases = ['ten', 'two', 'one'].map((roomId) => aCase({ roomId, inRoom: '08:00', outOfRoom: '09:00' }))
  const names = new Map([
    ['one', 'OR 1'],
    ['two', 'OR 2'],
    ['ten', 'OR 10'],
  ])
  expect(report({ cases, names }).byRoom.map(({ name }) => name)).toEqual(['OR 1', 'OR 2', 'OR 10'])
})

test('a gap beyond the limit is no turnover, and neither is an overlap', () => {
  const cases = [
    aCase({ inRoom: '08:00', outOfRoom: '09:00' }),
    aCase({ startsAt: at('09:00'), inRoom: '08:55', outOfRoom: '09:30' }),
    aCase({ startsAt: at('11:00'), inRoom: '11:01', outOfRoom: '12:00' }),
  ]
  expect(report({ cases }).total.turnovers).toBe(0)
  expect(report({ cases, turnoverMinutesMax: 91 }).total).toMatchObject({ turnovers: 1, turnoverMinutesMedian: 91 })
})

test('the first case of a room’s day is on time within the grace; early is on time', () => {
  const cases = [
    aCase({ inRoom: '08:06', outOfRoom: '09:00' }),
    aCase({ startsAt: at('09:00'), inRoom: '09:50', outOfRoom: '10:00' }),
    aCase({ roomId: 'two', inRoom: '07:50', outOfRoom: '08:30' }),
    aCase({ roomId: 'three', startsAt: at('09:00'), status: 'CANCELLED' }),
    aCase({ roomId: 'three', startsAt: at('10:00') }),
  ]
  expect(report({ cases }).total).toMatchObject({ firstCases: 2, firstCasesOnTime: 1, onTimeRate: 0.5 })
  expect(report({ cases, graceMinutes: 6 }).total).toMatchObject({ firstCasesOnTime: 2 })
  expect(report({ cases, graceMinutes: 5 }).total.firstCaseDelayMinutesMedian).toBe(3)
})

test('days are local', () => {
  const late = aCase({ startsAt: at('23:30'), inRoom: '23:30', outOfRoom: '23:50' })
  const early = aCase({ startsAt: at('22:30'), inRoom: '22:30', outOfRoom: '22:50' })
  const { byDay, total } = report({ cases: [late, early], timezone: 'Europe/Berlin' })
  expect(byDay.map(({ key }) => key)).toEqual(['2030-03-05', '2030-03-06'])
  expect(total).toMatchObject({ firstCases: 2, turnovers: 0 })
})

test('estimate errors: the median has a sign, the mean of absolute values does not', () => {
  const cases = [
    aCase({ inRoom: '08:00', outOfRoom: '08:40' }),
    aCase({ roomId: 'two', inRoom: '08:00', outOfRoom: '09:10' }),
    aCase({ roomId: 'three', inRoom: '08:00', outOfRoom: '08:55' }),
  ]
  const { total } = report({ cases })
  expect(total.estimateErrorMinutesMedian).toBe(-5)
  expect(total.estimateErrorMinutesMeanAbsolute).toBeCloseTo(35 / 3)
})

test('cancellations count by reason what was confirmed: no holds', () => {
  const cases = [
    aCase(),
    aCase({ status: 'CANCELLED', cancellationReason: 'patient_ill' }),
    aCase({ status: 'CANCELLED', cancellationReason: 'patient_ill' }),
    aCase({ status: 'CANCELLED', failureReason: 'bumped', cancellationReason: 'Emergency of Mr X' }),
    aCase({ status: 'FAILED', failureReason: 'slot_withdrawn' }),
    aCase({ status: 'CANCELLED', failureReason: 'hold_released' }),
    aCase({ status: 'FAILED', failureReason: 'hold_expired' }),
    aCase({ status: 'PENDING' }),
  ]
  const { total } = report({ cases })
  expect(total).toMatchObject({ cases: 1, cancelled: 4, cancellationRate: 0.8 })
  expect(total.cancellations).toEqual([
    { reason: 'patient_ill', count: 2 },
    { reason: 'bumped', count: 1 },
    { reason: 'slot_withdrawn', count: 1 },
  ])
})

test('a hold that was bumped, cancelled or lost its block is no cancelled case', () => {
  const [performed, cancelled] = [aCase(), aCase({ status: 'CANCELLED', cancellationReason: 'patient_ill' })]
  const holds = [
    aCase({ status: 'CANCELLED', failureReason: 'bumped', cancellationReason: 'Emergency' }),
    aCase({ status: 'CANCELLED', cancellationReason: 'patient_ill' }),
    aCase({ status: 'FAILED', failureReason: 'slot_withdrawn' }),
  ]
  const confirmedIds = new Set([performed, cancelled].map(({ id }) => id))
  const { total } = report({ cases: [performed, cancelled, ...holds], confirmedIds })
  expect(total).toMatchObject({ cases: 1, cancelled: 1, cancellationRate: 0.5 })
})

test('release compliance is about owned blocks that are over, and that their owner has not used', () => {
  const inTime = new Date(at('08:00').getTime() - 7 * 86_400_000)
  const late = new Date(inTime.getTime() + 1)
  const used = aBlock({ service: 'Bones', releasedAt: null })
  const usedByOthers = aBlock({ service: 'Heart', releasedAt: late })
  const ofBoth = aBlock({ service: 'Bones', surgeonId: 'bob' })
  const blocks = [
    used,
    usedByOthers,
    ofBoth,
    aBlock({ surgeonId: 'ada', releasedAt: inTime }),
    aBlock({ releasedAt: inTime }),
    aBlock({ service: 'Bones', from: at('08:00', '2030-05-01'), to: at('09:00', '2030-05-01') }),
  ]
  const cases = [used, usedByOthers, ofBoth].map(({ id }) => aCase({ blockId: id }))
  const { total, byService } = report({ cases, blocks })
  expect(total).toMatchObject({ unusedBlocks: 3, releasedInTime: 1 })
  expect(total.releaseCompliance).toBeCloseTo(1 / 3)
  expect(byService.find(({ key }) => key === 'Heart')?.figures).toMatchObject({ unusedBlocks: 1, releaseCompliance: 0 })
})

test('the blocks of a service are those it owns, with its own cases in them', () => {
  const cases = [
    aCase({ service: 'bones', inRoom: '08:00', outOfRoom: '09:00' }),
    aCase({ service: 'Heart', startsAt: at('09:00'), inRoom: '09:00', outOfRoom: '10:00' }),
  ]
  const { byService, byRoom } = report({ cases, blocks: [aBlock({ service: 'Bones' })] })
  const figures = Object.fromEntries(byService.map(({ key, figures }) => [key, figures]))
  expect(figures.Bones).toMatchObject({ inBlockMinutes: 60, rawUtilisation: 0.25 })
  expect(figures.Heart).toMatchObject({ cases: 1, blockMinutes: 0, inBlockMinutes: 0, rawUtilisation: null })
  expect(byRoom).toMatchObject([{ name: '=1+1', figures: { inBlockMinutes: 120 } }])
})

test('a CSV file has a row for each group, and no formulas', () => {
  const cancelled = aCase({ status: 'CANCELLED', cancellationReason: 'late, "again"' })
  const { columns, rows } = reportRows(report({ cases: [aCase(), cancelled] }))
  const lines = csvText([columns, ...rows]).split('\r\n')
  expect(lines).toHaveLength(7)
  expect(lines[2]).toMatch(/^room,one,'=1\+1,/)
  expect(lines[1]).toContain('"late, ""again"": 1"')
  expect(lines.at(-1)).toBe('')
})
