import type { TestDatabase } from '@holdfast/testkit'
import { inTransaction } from '../src/database/pools.ts'
import type { NewWorkingHours, WorkingBand } from '../src/model/working-hours.ts'
import { type FilledDoctor, fillDoctor } from '../src/working-hours/fill-doctor.ts'
import type { AnnouncedScene, AnnouncedWriteCase } from './announced-scene.ts'

type BandOverrides = Partial<WorkingBand>

/** A band of each day: an open session from nine to twelve; with `slotMinutes`, slots of one place. */
export function aBand(overrides: BandOverrides = {}): WorkingBand {
  const { slotMinutes = null } = overrides
  return {
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    from: '09:00',
    to: '12:00',
    everyWeeks: 1,
    inWeekOf: null,
    gridMinutes: slotMinutes === null ? 10 : null,
    capacity: slotMinutes === null ? null : 1,
    visitTypeIds: null,
    slotMinutes,
    ...overrides,
  }
}

/** The day that is so many days after today, in UTC. */
export function dayAfter(days: number): string {
  return Temporal.Now.plainDateISO('UTC').add({ days }).toString()
}

export function hoursOf(
  { id }: { id: string },
  bands: WorkingBand[],
  { validFrom = dayAfter(1), validUntil = null, version = null }: Partial<NewWorkingHours> = {},
): NewWorkingHours {
  return { doctorId: id, bands, validFrom, validUntil, version }
}

/** Does all that is left of filling a doctor's calendar. */
export function fillAll(database: TestDatabase, doctorId: string): Promise<FilledDoctor> {
  return fillDoctor((work) => inTransaction(database.appPool, work), doctorId, Number.POSITIVE_INFINITY)
}

/** The write of working hours for committed-writes.test.ts. */
export const workingHoursWrites = {
  'workingHours.set': {
    prepare:
      async ({ engine, colleague }: AnnouncedScene) =>
      () =>
        engine.workingHours.set(hoursOf(colleague, [aBand()], { validUntil: dayAfter(3) })),
    announced: ({ colleague }: AnnouncedScene) => ({ kind: 'directory' as const, doctorIds: [colleague.id] }),
  },
} satisfies Record<string, AnnouncedWriteCase>
