// Completeness: a reader of slots counts the empty slot of a visit, which takes nobody's time
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

/** Functions and files that read slots which are not withdrawn, and need neither rule. */
const others: Record<string, string> = {
  claim_times: 'it enters the slot of a visit, or creates it; taken_times judges its time',
  fill_working_hours: 'it locks the empty ones, which create_slots withdraws',
  indexed_slots: 'the exclusion constraint has every slot',
  is_awaited: 'place_offered_to judges visits; a slot with units that lapse is not empty',
  offer_places: 'place_offered_to judges visits; its callers pass those that they have just emptied',
  open_times: 'visits of groups with units taken; taken_times judges the rest',
  stop_offers: 'slots with offers, which are bookings',
  suggest_cases: 'times that case_conflicts judges again',
  take_requested_time: 'the slots of requests, which are empty',
  takes_from_block: 'blocks of operating rooms',
  times_of_clinic: 'the slot of a booking that is to be moved; open_times judges the rest',
  visits_at_once: 'slots with bookings',
  withdraw_empty_visits: 'it is about the empty ones',
  'calendars/create-busy-calendars.ts': 'slots with units taken',
  'calendars/create-closures.ts': 'why slots that a list shows are blocked',
  'directory/soonest-doctors.ts': 'isBookableTime',
  'slots/withdraw-in-parts.ts': 'it withdraws the empty ones too',
  'theatre/blocks.ts': 'blocks of operating rooms',
}

const readsSlots = /\b(from|join)\s+(holdfast\.)?slot\b/
const knowsVisits = /\btakes_time\(|\bsession_id is null\b/

/** The names of those that read slots which are not withdrawn, and do not say what they do with empty ones. */
const careless = (sources: readonly (readonly [string, string])[]) =>
  sources
    .filter(([, text]) => readsSlots.test(text) && /\bwithdrawn_at is null\b/.test(text) && !knowsVisits.test(text))
    .map(([name]) => name)

async function files(): Promise<[string, string][]> {
  const root = join(import.meta.dirname, '..')
  const names = (await readdir(root, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name))
  return Promise.all(names.map(async (name) => [name, await readFile(join(root, name), 'utf8')] as [string, string]))
}

test('every reader of slots leaves out the empty ones of visits, or says why not', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ name: string; text: string }>(`
    select proname as name, pg_get_functiondef(oid) as text
     from pg_proc where pronamespace = 'holdfast'::regnamespace and prokind = 'f'`)
  const functions = rows.map(({ name, text }) => [name, text.replaceAll(/--.*$/gm, '')] as const)
  const found = careless([...functions, ...(await files())])
  expect(found.toSorted()).toEqual(Object.keys(others).toSorted())
})

test('negative control: a reader that counts them is found', () => {
  const text = 'select count(*) from holdfast.slot s where s.withdrawn_at is null'
  expect(careless([['planted', text]])).toEqual(['planted'])
  expect(careless([['judged', `${text} and holdfast.takes_time(s)`]])).toEqual([])
})
