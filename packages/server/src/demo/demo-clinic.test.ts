import { type Engine, newId } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { createDemoClinic } from './demo-clinic.ts'

const created = (id: string) => ({ kind: 'created' as const, value: { id } })

/** Creates all slots, and keeps when they start. */
function fakeEngine() {
  const starts: Date[] = []
  const engine = {
    directory: {
      createClinic: async () => created(newId(1)),
      createDoctor: async () => created(newId(1)),
      createVisitType: async () => created(newId(1)),
      setVideoRoom: async () => undefined,
    },
    sessions: { create: async () => undefined },
    createSlots: async ({ drafts }: Parameters<Engine['createSlots']>[0]) => {
      starts.push(...drafts.map(({ startsAt }) => startsAt))
      return { items: drafts.map((draft) => ({ ...draft, outcome: 'created', slotId: newId(1) })) }
    },
  } as unknown as Engine
  return { engine, starts }
}

const mondayEvening = new Date('2026-11-23T20:00:00Z')
const [monday, tuesday] = ['2026-11-23', '2026-11-24']
const dayOf = (at: Date) => at.toISOString().slice(0, 10)

test.each([
  [true, 30 + 30 + 9 + 18 + 8],
  [false, 0],
])('a clinic that starts in the evening has the visits of the day (%s)', async (withBegun, count) => {
  const { engine, starts } = fakeEngine()
  const { week } = await createDemoClinic({ engine, engineOf: () => engine }, { now: mondayEvening, withBegun })
  const begun = week.flatMap((doctor) => doctor.begun)
  expect(begun).toHaveLength(count)
  expect(new Set(begun.map(({ startsAt }) => dayOf(startsAt)))).toEqual(new Set(count === 0 ? [] : [monday]))
  // The engine creates nothing that has begun, and nothing twice.
  expect(starts.filter((at) => at <= mondayEvening)).toEqual([])
  expect(starts.filter((at) => dayOf(at) === '2026-12-21')).toHaveLength(count)
  expect(starts.some((at) => dayOf(at) === tuesday)).toBe(true)
})
