import { describe, expect } from 'vitest'
import { aTheatre, test, theatreDay, theatreTime } from '../../../test/theatre-scene.ts'

describe('the day of the operation', () => {
  test('the board has rooms, blocks, cases, names; doctors see own and others’ times', async ({ database, rest }) => {
    const theatre = await aTheatre(database, rest)
    const { path, admin, staff, surgeonAccount, doctor, roomOne, roomTwo, surgeon, robot } = theatre
    const equipment = [{ equipmentId: robot.id, units: 1 }]
    const { body: nurse } = await rest.call('createTheatreStaff', {
      path,
      as: admin,
      body: { name: 'Nurse', profession: 'nurse' },
    })
    const one = (await theatre.book({ equipment, staffIds: [nurse.id], confirm: true })).body
    const own = (await theatre.book({ surgeonId: doctor.id, startsAt: theatreTime('10:00'), confirm: true })).body
    await theatre.book({ startsAt: theatreTime('08:00', 1) })
    const read = (as: typeof staff, days = 1) =>
      rest.call('getTheatre', { path, as, query: { date: theatreDay, days } })
    const { body } = await read(staff)
    expect(body).toMatchObject({ from: theatreDay, to: theatreDay, timezone: 'UTC' })
    expect(body.rooms).toEqual([roomOne, roomTwo])
    expect(body.cases.map(({ id }) => id)).toEqual([one.id, own.id])
    expect(body.people.find(({ id }) => id === surgeon.id)).toEqual({ id: surgeon.id, name: 'Dr Surgeon' })
    expect(body.equipment).toEqual([robot])
    expect((await read(staff, 2)).body.cases).toHaveLength(3)
    expect(body.busy).toBeUndefined()
    const { body: seen } = await read(surgeonAccount)
    expect(seen.cases.map(({ id }) => id)).toEqual([own.id])
    const taken = { unit: 1, from: theatreTime('08:00'), to: theatreTime('09:00') }
    expect(seen.busy).toEqual([
      { kind: 'equipment', resourceId: robot.id, ...taken },
      { kind: 'room', resourceId: roomOne.id, ...taken },
      { kind: 'surgeon', resourceId: surgeon.id, ...taken },
    ])
    expect(seen).toMatchObject({ rooms: [roomOne, roomTwo], equipment: [robot] })
    expect(seen.people.map(({ id }) => id).sort()).toEqual([doctor.id, surgeon.id].sort())
    for (const secret of [one.id, one.patient?.name ?? '', one.patient?.mrn ?? '', nurse.id]) {
      expect(JSON.stringify(seen)).not.toContain(secret)
      expect(JSON.stringify(body)).toContain(secret)
    }
    expect((await rest.call('getTheatre', { path, as: staff, query: {} })).problem.errors).toMatchObject([
      { path: '/query/date' },
    ])
  })

  test('a check, a booking and a move name the late case, as the board does', async ({ rest, theatre }) => {
    const { path, staff: as, admin, roomTwo, doctor } = theatre
    const first = (await theatre.book({ confirm: true })).body.id
    const late = (await theatre.book({ startsAt: theatreTime('09:00'), confirm: true })).body.id
    const milestone = { milestone: 'in_room', at: theatreTime('08:10'), trial: true }
    const recorded = await rest.call('recordMilestone', { path: { caseId: first }, as: admin, body: milestone })
    expect(recorded.body.expectedEndsAt).toBe(theatreTime('09:10'))
    const check = async (more: object) =>
      (await rest.call('checkCase', { as, body: theatre.newCase({ startsAt: theatreTime('10:00'), ...more }) })).body
    expect(await check({})).toEqual({ conflicts: [], atRiskBy: late })
    expect(await check({ roomId: roomTwo.id, surgeonId: doctor.id })).toEqual({ conflicts: [], atRiskBy: null })

    const next = (await theatre.book({ startsAt: theatreTime('10:00'), confirm: true })).body
    expect(next.atRiskBy).toBe(late)
    const move = async (startsAt: string) =>
      (await rest.call('moveCase', { path: { caseId: next.id }, as, body: { startsAt } })).body.atRiskBy
    expect(await move(theatreTime('11:00'))).toBeNull()
    expect(await move(theatreTime('10:00'))).toBe(late)
    const board = await rest.call('getTheatre', { path, as, query: { date: theatreDay } })
    const risks = board.body.cases.map(({ id, atRiskBy }) => [id, atRiskBy])
    expect(risks).toEqual([
      [first, null],
      [late, first],
      [next.id, late],
    ])
  })

  test('a case waits for equipment only if all units are used, whichever it was given', async ({ rest, theatre }) => {
    const { path, staff: as, admin, roomTwo, doctor, otherSurgeon, robot } = theatre
    const roomThree = await rest.call('createRoom', { path, as: admin, body: { name: 'OR 3' } })
    const equipment = [{ equipmentId: robot.id, units: 1 }]
    const first = (await theatre.book({ equipment, confirm: true })).body
    const atNine = { startsAt: theatreTime('09:00'), equipment }
    const second = (await theatre.book({ ...atNine, roomId: roomTwo.id, surgeonId: doctor.id, confirm: true })).body
    const unitOf = ({ allocations }: typeof first) => allocations.find(({ kind }) => kind === 'equipment')?.unit
    expect([unitOf(first), unitOf(second)]).toEqual([1, 1])
    const extend = async (expectedEndsAt: string) => {
      const extended = await rest.call('extendCase', { path: { caseId: first.id }, as, body: { expectedEndsAt } })
      return extended.body.atRiskCaseIds
    }
    const risks = async () => {
      const { body } = await rest.call('getTheatre', { path, as, query: { date: theatreDay } })
      return body.cases.flatMap(({ id, atRiskBy }) => (atRiskBy === null ? [] : [[id, atRiskBy]]))
    }
    expect(await extend(theatreTime('10:00'))).toEqual([])
    expect(await risks()).toEqual([])
    const atTheSameTime = { ...atNine, roomId: roomThree.body.id, surgeonId: otherSurgeon.id }
    const check = await rest.call('checkCase', { as, body: theatre.newCase(atTheSameTime) })
    expect(check.body).toEqual({ conflicts: [], atRiskBy: first.id })
    const third = (await theatre.book({ ...atTheSameTime, confirm: true })).body
    const waiting = await risks()
    // One of the two begins as planned.
    expect([[[second.id, first.id]], [[third.id, first.id]]]).toContainEqual(waiting)
    expect(await extend(theatreTime('10:05'))).toEqual(waiting.map(([id]) => id))
  })

  test('on the board, a case of tomorrow that has begun delays today’s, and these delay others after midnight', async ({
    database,
    rest,
  }) => {
    // A time zone in which it is past eight in the evening.
    const offset = ((32 - new Date().getUTCHours()) % 24) - 12
    const timezone = `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`
    const theatre = await aTheatre(database, rest, { timezone })
    const { path, staff: as, doctor, surgeonAccount, roomOne, roomTwo } = theatre
    const today = Temporal.Now.zonedDateTimeISO(timezone)
    const midnight = today.startOfDay().epochMilliseconds
    const at = (hours: number) => new Date(midnight + hours * 3_600_000).toISOString()
    const tomorrows = (await theatre.book({ startsAt: at(30), minutes: 240, confirm: true })).body
    const next = (await theatre.book({ startsAt: at(22), surgeonId: doctor.id, confirm: true })).body
    const last = (await theatre.book({ startsAt: at(24.25), surgeonId: doctor.id, roomId: roomTwo.id, confirm: true }))
      .body
    const begun = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString()
    const inRoom = { path: { caseId: tomorrows.id }, as, body: { milestone: 'in_room', at: begun } }
    expect((await rest.call('recordMilestone', inRoom)).status).toBe(200)
    const of = async (reader: typeof as, day = today) => {
      const date = day.toPlainDate().toString()
      const { cases } = (await rest.call('getTheatre', { path, as: reader, query: { date } })).body
      return cases.map((one) => [one.id, one.projectedStartsAt, one.projectedEndsAt, one.atRiskBy])
    }
    const afterIt = (minutes: number) =>
      new Date(Date.parse(begun) + (240 + roomOne.turnoverMinutes + minutes) * 60_000).toISOString()
    const running = [tomorrows.id, begun, new Date(Date.parse(begun) + 240 * 60_000).toISOString(), null]
    expect(await of(as)).toEqual([[next.id, afterIt(0), afterIt(60), tomorrows.id], running])
    expect(await of(as, today.add({ days: 1 }))).toEqual([[last.id, afterIt(60), afterIt(120), next.id], running])
    // Doctors learn when, and not because of which case of another surgeon.
    expect(await of(surgeonAccount)).toEqual([[next.id, afterIt(0), afterIt(60), null]])
  })

  test('the board is compressed for clients that accept it, and is the same', async ({ rest, theatre }) => {
    await theatre.book({ confirm: true })
    const read = (headers = {}) =>
      rest.call('getTheatre', { path: theatre.path, as: theatre.staff, query: { date: theatreDay }, headers })
    const [plain, compressed] = [await read(), await read({ 'accept-encoding': 'gzip, deflate' })]
    expect([plain.headers['content-encoding'], compressed.headers['content-encoding']]).toEqual([undefined, 'gzip'])
    expect(compressed.body).toEqual({ ...plain.body, asOf: compressed.body.asOf })
    expect(Number(compressed.headers['content-length'])).toBeLessThan(Number(plain.headers['content-length']))
  })

  test('a delay passes from case to case on the board and in lists, also between pages', async ({ rest, theatre }) => {
    const { path, staff: as, surgeonAccount, doctor, roomOne } = theatre
    const turnover = roomOne.turnoverMinutes
    const first = (await theatre.book({ confirm: true })).body
    const second = (await theatre.book({ startsAt: theatreTime('09:30'), confirm: true })).body
    const third = (await theatre.book({ startsAt: theatreTime('11:00'), surgeonId: doctor.id, confirm: true })).body
    const extension = { expectedEndsAt: theatreTime('10:30') }
    const extended = await rest.call('extendCase', { path: { caseId: first.id }, as, body: extension })
    expect(extended.body.atRiskCaseIds).toEqual([second.id, third.id])
    const later = (time: string, minutes: number) =>
      new Date(Date.parse(theatreTime(time)) + minutes * 60_000).toISOString()
    const expected = [
      [first.id, theatreTime('08:00'), theatreTime('10:30'), null],
      [second.id, later('10:30', turnover), later('11:30', turnover), first.id],
      [third.id, later('11:30', 2 * turnover), later('12:30', 2 * turnover), second.id],
    ]
    type Projected = Pick<typeof first, 'id' | 'projectedStartsAt' | 'projectedEndsAt' | 'atRiskBy'>
    const of = (cases: Projected[]) =>
      cases.map((one) => [one.id, one.projectedStartsAt, one.projectedEndsAt, one.atRiskBy])
    const date = theatreDay
    expect(of((await rest.call('getTheatre', { path, as, query: { date } })).body.cases)).toEqual(expected)
    const list = (reader: typeof as, query: { limit: number; cursor?: string }) =>
      rest.call('listCases', { path, as: reader, query: { from: date, to: date, ...query } })
    expect(of((await list(as, { limit: 9 })).body.items)).toEqual(expected)
    const cursor = (await list(as, { limit: 2 })).body.nextCursor ?? ''
    expect(of((await list(as, { limit: 2, cursor })).body.items)).toEqual(expected.slice(2))
    // A doctor learns when, and not because of whom.
    const own = [[...(expected[2] ?? []).slice(0, 3), null]]
    expect(of((await list(surgeonAccount, { limit: 9 })).body.items)).toEqual(own)
    const { body: seen } = await rest.call('getTheatre', { path, as: surgeonAccount, query: { date } })
    expect(of(seen.cases)).toEqual(own)
    // It is not in a list.
    const { body: read } = await rest.call('getCase', { path: { caseId: second.id }, as })
    expect(of([read])).toEqual([[second.id, null, null, null]])
  })

  test('of two cases that delay a case, the one that does it longer is named', async ({ rest, theatre }) => {
    const { path, staff: as, surgeonAccount, doctor, roomTwo } = theatre
    const first = (await theatre.book({ confirm: true })).body
    const second = (await theatre.book({ startsAt: theatreTime('08:30'), surgeonId: doctor.id, roomId: roomTwo.id }))
      .body
    const third = (await theatre.book({ startsAt: theatreTime('11:00'), surgeonId: doctor.id })).body
    for (const { id } of [second, third]) await rest.call('confirmCase', { path: { caseId: id }, as })
    const extend = (caseId: string, time: string) =>
      rest.call('extendCase', { path: { caseId }, as, body: { expectedEndsAt: theatreTime(time) } })
    await extend(first.id, '11:10')
    await extend(second.id, '12:00')
    const list = { from: theatreDay, to: theatreDay, limit: 9 }
    const cause = async (reader: typeof as) =>
      (await rest.call('listCases', { path, as: reader, query: list })).body.items.find(({ id }) => id === third.id)
        ?.atRiskBy
    expect([await cause(as), await cause(surgeonAccount)]).toEqual([second.id, second.id])
    const { body: board } = await rest.call('getTheatre', { path, as, query: { date: theatreDay } })
    expect(board.cases.find(({ id }) => id === third.id)?.atRiskBy).toBe(second.id)
    // The surgeon does not learn of another's case, but of their own all the same.
    await extend(first.id, '13:00')
    expect([await cause(as), await cause(surgeonAccount)]).toEqual([first.id, second.id])
  })

  test('the history names who was relieved, also who has had nothing of it', async ({ rest, theatre }) => {
    const { path, admin: as } = theatre
    const [ito, berg] = await Promise.all(
      ['Dr. Ito', 'Dr. Berg'].map(async (name) => {
        const { body } = await rest.call('createTheatreStaff', { path, as, body: { name, profession: 'anaesthetist' } })
        return body.id
      }),
    )
    if (ito === undefined || berg === undefined) throw new Error('There is nobody.')
    const of = { path: { caseId: (await theatre.book({ confirm: true, anaesthetistId: ito })).body.id }, as }
    await rest.call('recordMilestone', { ...of, body: { milestone: 'in_room', at: theatreTime('08:00'), trial: true } })
    await rest.call('moveCase', { ...of, body: { anaesthetistId: berg, staffIds: [ito] } })
    await rest.call('moveCase', { ...of, body: { anaesthetistId: null, staffIds: [] } })
    const { items } = (await rest.call('listCaseEvents', of)).body
    expect(items.slice(-2).map(({ people }) => people.map(({ name }) => name))).toEqual([
      ['Dr. Berg', 'Dr. Ito'],
      ['Dr. Berg', 'Dr. Ito'],
    ])
    expect(items[0]?.people).toEqual([])
    const { body: board } = await rest.call('getTheatre', { path, as, query: { date: theatreDay } })
    expect(board.people.map(({ name }) => name)).not.toContain('Dr. Ito')
  })

  test('milestones, extensions, estimates and the report', async ({ rest, theatre }) => {
    const { path, staff: as, admin, roomOne } = theatre
    const times = { roomId: roomOne.id, from: theatreTime('08:00'), to: theatreTime('11:00') }
    await rest.call('createBlocks', { path, as: admin, body: times })
    const caseId = (await theatre.book({ confirm: true })).body.id
    const next = (await theatre.book({ startsAt: theatreTime('09:00'), confirm: true })).body
    const record = (milestone: string, at: string | null, of = caseId) =>
      rest.call('recordMilestone', { path: { caseId: of }, as: admin, body: { milestone, at, trial: true } })
    const inRoom = { milestone: 'in_room', at: theatreTime('08:10') }
    const early = await rest.call('recordMilestone', { path: { caseId }, as, body: inRoom })
    const limit = { path: '/at', message: expect.stringMatching(/^must not be after /) }
    expect(early.problem).toMatchObject({ status: 409, code: 'milestone_time', errors: [limit] })
    const tried = await rest.call('recordMilestone', { path: { caseId }, as, body: { ...inRoom, trial: true } })
    expect(tried.problem.code).toBe('forbidden')
    const extend = (expectedEndsAt: string) =>
      rest.call('extendCase', { path: { caseId }, as, body: { expectedEndsAt } })
    const tooEarly = [{ path: '/expectedEndsAt', message: `must not be before ${theatreTime('09:00')}` }]
    expect((await extend(theatreTime('08:30'))).problem.errors).toEqual(tooEarly)
    expect((await extend(theatreTime('09:01', 1))).problem.errors).toMatchObject([{ path: '/expectedEndsAt' }])
    expect((await record('in_room', theatreTime('08:10'))).body).toMatchObject({ status: 'ARRIVED' })
    expect((await record('out_of_room', theatreTime('08:05'))).problem.code).toBe('milestone_order')
    expect((await record('out_of_room', theatreTime('08:05', 3))).problem.code).toBe('milestone_time')
    expect((await record('in_room', theatreTime('19:59', -1))).problem.code).toBe('milestone_time')
    expect((await extend(theatreTime('09:20'))).body.atRiskCaseIds).toEqual([next.id])
    const board = await rest.call('getTheatre', { path, as, query: { date: theatreDay } })
    expect(board.body.cases.find(({ id }) => id === next.id)?.atRiskBy).toBe(caseId)
    expect((await record('out_of_room', theatreTime('09:20'))).body.status).toBe('COMPLETED')
    await record('in_room', theatreTime('09:45'), next.id)
    await record('out_of_room', theatreTime('10:45'), next.id)
    const history = (await rest.call('listCaseEvents', { path: { caseId }, as })).body.items.map(({ event }) => event)
    expect(history.some(({ caseDetails }) => caseDetails?.milestone === 'in_room')).toBe(true)

    const estimate = await rest.call('estimateCaseDuration', { path, as, query: { procedureCode: '27447' } })
    expect(estimate.body).toMatchObject({ cases: 2, medianMinutes: 65 })
    const query = { from: theatreDay, to: theatreDay, graceMinutes: 10 }
    const { body: report } = await rest.call('getTheatreReport', { path, as: admin, query })
    expect(report.total).toMatchObject({
      cases: 2,
      timedCases: 2,
      blockMinutes: 180,
      inBlockMinutes: 130,
      turnoverInBlockMinutes: 25,
      firstCases: 1,
      firstCasesOnTime: 1,
      turnovers: 1,
      turnoverMinutesMedian: 25,
      overtimeMinutes: 0,
      estimateErrorMinutesMedian: 5,
    })
    expect(report.byRoom).toMatchObject([{ key: roomOne.id, name: 'OR 1', figures: { cases: 2 } }])
    const csv = await rest.call('exportTheatreReport', { path, as: admin, query })
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    const lines = String(csv.body).trimEnd().split('\r\n')
    expect(lines[0]).toMatch(/^\uFEFFgroup,key,name,cases,timedCases,/)
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['total', 'room', 'service', 'surgeon', 'day'])
    const weeks = { from: Temporal.PlainDate.from(theatreDay).subtract({ days: 20 }).toString(), to: theatreDay }
    const longer = await rest.call('getTheatreReport', { path, as: admin, query: { ...weeks, graceMinutes: 10 } })
    expect(longer.body.total).toEqual(report.total)
    const tooLong = { from: '2026-01-01', to: '2027-12-31' }
    expect((await rest.call('getTheatreReport', { path, as: admin, query: tooLong })).problem.status).toBe(400)
  })
})
