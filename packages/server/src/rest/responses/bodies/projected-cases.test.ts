// Rest: each way in which two cases of a room can run

import { createEngine, newId, type Theatre } from '@holdfast/engine'
import { test } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import pMap from 'p-map'
import { expect } from 'vitest'
import { projectedCases } from './projected-cases.ts'

const minuteMs = 60_000

/** What is recorded of a case, in minutes from now; `expected`: its extension. */
type Course = { recorded?: [Milestone, number][]; expected?: number; isHeld?: boolean }

/** How a case of an hour that is planned for so many minutes from now may run. */
function coursesOf(start: number): Record<string, Course> {
  const begun = Math.min(start + 10, -20)
  return {
    planned: {},
    held: { isHeld: true },
    arrived: { recorded: [['arrived', begun]] },
    begun: { recorded: [['in_room', begun]] },
    'begun by its incision': { recorded: [['incision', begun]] },
    extended: { expected: start + 100 },
    'begun and extended': { recorded: [['in_room', begun]], expected: start + 100 },
    over: {
      recorded: [
        ['in_room', begun],
        ['out_of_room', begun + 15],
      ],
    },
    cleaned: {
      recorded: [
        ['in_room', begun],
        ['out_of_room', begun + 10],
        ['cleaned', begun + 18],
      ],
    },
  }
}

/** The next case of the room may run in these ways. */
const nextCourses = ['planned', 'held', 'begun']

const pairs = [-790, -90, -65, -30, 10, 180].flatMap((start) =>
  Object.entries(coursesOf(start)).flatMap(([name, course]) =>
    [start + 80, start + 110].flatMap((next) =>
      nextCourses.map((nextName) => ({
        name: `${name} at ${start}, then ${nextName} at ${next}`,
        cases: [
          { start, course },
          { start: next, course: coursesOf(next)[nextName] ?? {} },
        ],
      })),
    ),
  ),
)

test('the engine and the projection name the same cases that others of their room wait for', {
  timeout: 120_000,
}, async ({ database, clinic }) => {
  const { theatre } = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const now = Math.floor(Date.now() / minuteMs) * minuteMs
  const names = new Map<string, string>()
  await pMap(
    pairs,
    async ({ name, cases }, index) => {
      const room = { name: `Room ${index}`, site: null, turnoverMinutes: 20, hours: null }
      const roomId = idOf(await theatre.createRoom(clinic.no, room, null))
      const ids: string[] = []
      for (const { start, course } of cases) {
        const place = { clinicNo: clinic.no, roomId, startsAt: new Date(now + start * minuteMs) }
        ids.push(await book(theatre, place, course.isHeld !== true))
      }
      for (const [of, { course }] of cases.entries()) {
        const caseId = ids[of]
        if (caseId === undefined) continue
        names.set(caseId, name)
        await run(theatre, caseId, course, now)
      }
    },
    { concurrency: 6 },
  )
  const range = { from: new Date(now - 1_440 * minuteMs), to: new Date(now + 1_440 * minuteMs) }
  const listed = await theatre.cases({ clinicNo: clinic.no, ...range, withEnded: true })
  expect(listed).toHaveLength(2 * pairs.length)
  const bare = listed.map((one) => ({ ...one, atRiskBy: null }))
  const projected = projectedCases(bare, new Date(), { cases: [], equipment: [] })
  const waiting = (cases: readonly { id: string; startsAt: unknown; atRiskBy: string | null }[]) =>
    cases.flatMap(({ id, atRiskBy }) => (atRiskBy === null ? [] : [`${names.get(id)}: ${id} waits for ${atRiskBy}`]))
  expect(waiting(projected).length).toBeGreaterThan(20)
  expect(waiting(projected)).toEqual(waiting(listed))
})

function idOf(outcome: { kind: string; value?: { id: string } }): string {
  if (outcome.value === undefined) throw new Error(`It was not created: ${outcome.kind}.`)
  return outcome.value.id
}

type Place = { clinicNo: number; roomId: string; startsAt: Date }

const by = { actorId: null, key: null }

/** Books a case with a separate surgeon. */
async function book(theatre: Theatre, { clinicNo, roomId, startsAt }: Place, confirm: boolean): Promise<string> {
  const caseId = newId(clinicNo)
  const surgeon = { name: 'Dr Sato', profession: 'surgeon' as const, preferredEquipmentIds: [] }
  const claimed = await theatre.claimCase({
    caseId,
    roomId,
    startsAt,
    minutes: 60,
    surgeonId: idOf(await theatre.createStaff(clinicNo, surgeon, null)),
    anaesthetistId: null,
    staffIds: [],
    equipment: [],
    patient: { mrn: caseId, name: 'Ada Okafor', birthDate: null },
    service: 'Orthopaedics',
    procedure: { code: '27447', display: 'Total knee arthroplasty' },
    urgency: 'elective',
    blockId: null,
    requestId: null,
    override: null,
    confirm,
    actorId: null,
    key: caseId,
    requestHash: caseId,
  })
  expect(claimed).toMatchObject({ kind: 'booked' })
  return caseId
}

/** Records how a case runs. What the other case prevents is refused, and not recorded. */
async function run(theatre: Theatre, caseId: string, { recorded = [], expected }: Course, now: number): Promise<void> {
  for (const [milestone, minutes] of recorded) {
    const at = new Date(now + minutes * minuteMs)
    await theatre.recordMilestone({ ...by, caseId, milestone, at, isTrial: false })
  }
  if (expected !== undefined) {
    await theatre.extendCase({ ...by, caseId, expectedEndsAt: new Date(now + expected * minuteMs) })
  }
}
