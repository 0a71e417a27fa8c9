import { createTestDatabase, drawnOfRun, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aStorm, bruteForce, runStorm, type StormReport } from '../../test/theatre-storm.ts'
import { verify } from '../verify/verify.ts'

/** The steps of each of 8 clients. `npm run theatre-storm` takes 1,000. */
const steps = Number(process.env.HOLDFAST_TEST_THEATRE_STEPS ?? 60)
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Math.floor(Math.random() * 1_000_000))

/** What is wrong may end before the storm does, so that the tables are looked at several times. */
const rounds = 4

type Storm = Awaited<ReturnType<typeof storm>>

async function storm(database: TestDatabase, stepsEach: number, count = 0) {
  // A deadlock is found at once, so that the control that causes them is short.
  await database.ownerPool.query(`
    do $$ begin execute format('alter database %I set deadlock_timeout = %L', current_database(), '100ms'); end $$`)
  const built = await aStorm(database, { isWhole: true })
  const report: StormReport = { counts: {}, errors: [] }
  const found: Record<string, number> = {}
  for (let round = 0; round < rounds; round += 1) {
    await runStorm(database, built, { seed: rounds * (seed + count) + round, steps: stepsEach / rounds, report })
    Object.assign(found, await bruteForce(database, built.scene))
  }
  const verified = await verify(database.appPool, { clinicNo: built.scene.clinic.no, detailsMax: 5 })
  return { built, report, found, verified }
}

test('8 clients book, change and end cases: no overlap, no deadlock, no block beyond its minutes', {
  timeout: 300_000 + steps * 1_000,
}, async ({ database }) => {
  const missing = new Set([
    'claim booked',
    'claim refused',
    'slot created',
    'slot conflict',
    'team done',
    'team refused',
    'move done',
    'move refused',
    'swap done',
    'swap refused',
    'bump done',
    'bump bump_refused',
    'confirm done',
    'cancel done',
    'extend done',
    'milestone done',
  ])
  for (let count = 0; count < 5 && (count === 0 || missing.size > 0); count += 1) {
    const { report, found, verified } = await storm(database, steps, count)
    const context = `seed ${seed + count}: ${JSON.stringify(report.counts)}`
    expect(report.errors, context).toEqual([])
    expect(found, context).toEqual({})
    expect(verified, context).toMatchObject({ overbooked: 0, mismatches: 0, details: [] })
    for (const kind of Object.keys(report.counts)) missing.delete(kind)
  }
  expect([...missing], `seed ${seed}`).toEqual([])
})

/** Storms until one of them shows the bug: a single one may miss it. Fails after ten. */
async function untilShown(database: TestDatabase, stepsEach: number, isShown: (one: Storm) => boolean): Promise<void> {
  for (let count = 0; count < 10; count += 1) if (isShown(await storm(database, stepsEach, count))) return
  expect.fail(`seeds ${seed} to ${seed + 9}: no storm shows the bug`)
}

/** The backstops of the tables are removed: the checks of the storm itself have to find the bug. */
async function withoutBackstops(database: TestDatabase): Promise<void> {
  await database.ownerPool.query(`
    alter table holdfast.allocation drop constraint allocation_no_overlap;
    alter table holdfast.slot drop constraint slot_never_overbooked`)
}

/** One after the other, with time for another client between them. */
const lockedIn = (order: string) => `
  declare
    v_id uuid;
  begin
    foreach v_id in array (select coalesce(array_agg(i.id order by ${order}), '{}') from unnest(p_ids) i(id)) loop
      perform 1 from resource r where r.clinic_no = p_clinic_no and r.id = v_id for no key update;
      perform pg_sleep(0.001);
    end loop;
  end;`
const locking = /perform 1 from resource r[^;]*;/

type PlantedBug = {
  bug: string
  plant: (database: TestDatabase) => Promise<void>
  isShown: (one: Storm) => boolean
  /** The steps of each client. Default: 60. */
  steps?: number
}

const plantedBugs: PlantedBug[] = [
  {
    bug: 'locks that are not sorted',
    plant: (database) => plantFunction(database, 'lock_resources', { part: locking, becomes: lockedIn('random()') }),
    isShown: ({ report }) => report.errors.join('\n').includes('deadlock detected'),
    steps: 40,
  },
  {
    bug: 'turnover forgotten',
    plant: async (database) => {
      await withoutBackstops(database)
      await plantFunction(database, 'case_needs', {
        part: /COALESCE\(n\.turnover_minutes, r\.turnover_minutes, 0\)/,
        becomes: '0',
      })
    },
    isShown: ({ found }) => 'room' in found,
  },
  {
    bug: 'units of equipment picked twice',
    plant: async (database) => {
      await withoutBackstops(database)
      await plantFunction(database, 'allocate', {
        part: 'or not exists (select from allocation a',
        becomes: 'or 0 < all (select 1 from allocation a',
      })
    },
    isShown: ({ found }) => 'unit' in found,
  },
  {
    bug: 'the patient not checked',
    plant: async (database) => {
      await withoutBackstops(database)
      await plantFunction(database, 'case_needs', {
        part: /WHERE \(n\.resource_id IS NOT NULL\)/,
        becomes: "WHERE n.resource_id IS NOT NULL AND n.kind <> 'patient'",
      })
      // Else no claim of a known patient would be placed: nothing has locked the patient.
      await plantFunction(database, 'place_cases', {
        part: 'if v_patient_id <> all (p_locked_resource_ids) then',
        becomes: 'if false then',
      })
    },
    isShown: ({ found }) => 'patient' in found,
  },
  {
    bug: 'the team not checked',
    plant: async (database) => {
      await withoutBackstops(database)
      await plantFunction(database, 'case_needs', {
        part: /WHERE \(n\.resource_id IS NOT NULL\)/,
        becomes: "WHERE n.resource_id IS NOT NULL AND n.kind NOT IN ('anaesthetist', 'staff')",
      })
    },
    isShown: ({ found }) => 'anaesthetist' in found && 'staff' in found,
  },
  {
    bug: 'clinic slots of the surgeon not checked',
    plant: (database) =>
      plantFunction(database, 'create_slots', {
        part: /from allocation a/,
        becomes: 'from (select * from allocation limit 0) a',
      }),
    isShown: ({ found }) => 'clinic' in found,
  },
  {
    bug: 'minutes of a block without those of holds',
    plant: async (database) => {
      await withoutBackstops(database)
      await plantFunction(database, 'case_conflicts', {
        part: 'v_place.capacity - v_place.taken',
        becomes: `v_place.capacity - v_place.taken + coalesce((select sum(b.units) from booking b
          where b.clinic_no = p_clinic_no and b.slot_id = v_place.slot_id and b.status = 'PENDING'), 0)`,
      })
    },
    isShown: ({ found }) => 'minutes' in found,
  },
]

test('each planted bug replaces a part of a function', async () => {
  for (const { plant } of plantedBugs) {
    const database = await createTestDatabase()
    await plant(database)
    await database.drop()
  }
})

describe('negative controls: a planted bug is found', () => {
  test.for(drawnOfRun(plantedBugs))('$bug', async ({ plant, isShown, steps: stepsEach = 60 }, { database }) => {
    await plant(database)
    await untilShown(database, stepsEach, isShown)
  })
})

test('sorted locks cause no deadlock, however long they take', async ({ database }) => {
  await plantFunction(database, 'lock_resources', { part: locking, becomes: lockedIn('i.id') })
  expect((await storm(database, 40)).report.errors, `seed ${seed}`).toEqual([])
})
