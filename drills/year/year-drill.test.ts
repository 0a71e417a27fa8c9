import { randomInt } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Practice } from './practice.ts'
import { failuresOfYear, runYearDrill, type YearOptions } from './run-year-drill.ts'
import type { Moment } from './shifted-clock.ts'

async function pass(options: Pick<YearOptions, 'days'> & Partial<YearOptions>) {
  const directory = await mkdtemp(join(tmpdir(), 'hf-year-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  return runYearDrill({ horizonDays: 30, seed: randomInt(1_000_000), directory, say: () => undefined, ...options })
}

const timeout = 900_000

test('negative control: calendars that no job fills have gaps', { timeout }, async () => {
  const { failures } = await pass({ days: 4, without: 'working-hours' })
  expect(failures).toContainEqual(expect.stringMatching(/has a gap on .*, in 30 days$/))
})

/** What a check of the database cannot prevent any more: two visits of a doctor begin at the same time. */
async function plantOverlap({ ownerPool }: Moment, { clinic }: Practice): Promise<void> {
  await ownerPool.query('alter table holdfast.slot drop constraint slot_no_overlap')
  const { rowCount } = await ownerPool.query(
    `with pair as (
       select one.id, other.starts_at, other.ends_at
         from holdfast.slot one
         join holdfast.slot other on other.clinic_no = one.clinic_no and other.resource_id = one.resource_id
                                 and other.starts_at > one.ends_at and other.taken > 0
        where one.clinic_no = $1 and one.taken > 0 and one.starts_at > now() limit 1)
     update holdfast.slot s set starts_at = p.starts_at, ends_at = p.ends_at
       from pair p where s.clinic_no = $1 and s.id = p.id`,
    [clinic.no],
  )
  expect(rowCount).toBe(1)
}

/** One that was sent is due once more. */
async function plantSecondMessage({ ownerPool }: Moment, { clinic }: Practice): Promise<void> {
  const { rowCount } = await ownerPool.query(
    `update holdfast.message set state = 'due', done_at = null, attempts = 0, attempted_at = null
      where clinic_no = $1
        and id = (select m.id
                    from holdfast.message m
                    join holdfast.booking b on b.clinic_no = m.clinic_no and b.id = m.booking_id
                    join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
                   where m.clinic_no = $1 and m.kind = 'confirmed' and m.state = 'sent' and b.status = 'CONFIRMED'
                     and b.version = m.version and s.starts_at > now()
                   order by m.id limit 1)`,
    [clinic.no],
  )
  expect(rowCount).toBe(1)
}

test.for([
  ['an overlap', plantOverlap, 'two visits of a doctor overlap'],
  ['a message that is sent twice', plantSecondMessage, 'this message arrived twice'],
] as const)('negative control: %s is found', { timeout }, async ([, plant, finding]) => {
  const { failures } = await pass({ days: 2, plant })
  expect(failures).toContainEqual(expect.stringContaining(finding))
})

test('a month of a practice passes, and each day all is as it has to be', { timeout }, async () => {
  const result = await pass({ days: 31 })
  expect(failuresOfYear(result), `seed ${result.seed}`).toEqual([])
  expect(result.days).toBe(31)
})
