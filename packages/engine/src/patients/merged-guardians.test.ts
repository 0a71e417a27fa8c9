// Rest: the same guardians in several records, whose merges are undone in all orders
import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aMergingClinic, ordersOfThree } from '../../test/merging-clinic.ts'
import type { Guardian } from '../model/patient-record.ts'

const aGuardian = (name: string): Guardian => ({
  name,
  relation: 'parent',
  phone: '4711',
  email: null,
  getsMessages: false,
})
const [bea, cleo] = [aGuardian('Bea'), aGuardian('Cleo')]
const gets = (one: Guardian): Guardian => ({ ...one, getsMessages: true })
const namesOf = (guardians: readonly Guardian[]) => [...new Set(guardians.map(({ name }) => name))].sort().join()
const flagsOf = (guardians: readonly Guardian[]) => (guardians.length === 0 ? [] : ['interpreter'])

type Scene = Awaited<ReturnType<typeof aMergingClinic>>

/**
 * Merges records with these guardians into the first one, and undoes the merges.
 *
 * @param isNested the last one has the one before it already when it is merged
 * @returns what was wrong on the way, and afterwards
 */
async function faultsOf(scene: Scene, of: Guardian[][], order: number[], isNested: boolean): Promise<string[]> {
  const [kept = '', ...ids] = await Promise.all(
    of.map((guardians) => scene.record({ guardians, flags: flagsOf(guardians) })),
  )
  const stored = async (id: string) => {
    const { guardians, flags } = await scene.read(id)
    return { guardians, flags }
  }
  const before = await Promise.all([kept, ...ids].map(stored))
  const [, inner = '', outer = ''] = ids
  if (isNested) await scene.merge(outer, inner)
  for (const id of ids) if (!isNested || id !== inner) await scene.merge(kept, id)
  const undo = async (id: string) => scene.patients.unmerge(id, (await scene.read(id)).version)
  const faults: string[] = []
  const separated = new Set<string>()
  for (const index of order) {
    const id = ids[index] ?? ''
    if ((await undo(id)).kind === 'merged_further') continue
    separated.add(id)
    if (isNested && id === outer) separated.add(inner)
    // Whoever is in a record that is still merged stays.
    const expected = namesOf([kept, ...ids].flatMap((one, n) => (separated.has(one) ? [] : (of[n] ?? []))))
    const { guardians, flags } = await stored(kept)
    if (namesOf(guardians) !== expected) faults.push(`guardians ${namesOf(guardians)}, not ${expected}`)
    if (flags.length !== (expected === '' ? 0 : 1)) faults.push(`flags ${flags}, with ${expected}`)
    if (guardians.filter(({ getsMessages }) => getsMessages).length > 1) faults.push('two get the messages')
  }
  if (isNested) await undo(inner)
  const after = await Promise.all([kept, ...ids].map(stored))
  if (JSON.stringify(after) !== JSON.stringify(before)) faults.push(`${JSON.stringify(after)} differs`)
  return faults.map((fault) => `${fault}: ${JSON.stringify(of)}, ${order}`)
}

const people: Guardian[][] = [[], [bea], [gets(bea)]]
const choices = people.flatMap((kept) =>
  people.flatMap((first) =>
    people.flatMap((second) => [...people, [gets(cleo), bea]].map((third) => [kept, first, second, third])),
  ),
)

for (const isNested of [false, true])
  for (const order of ordersOfThree)
    test(`are as before, undone in the order ${order}${isNested ? ', one below another' : ''}`, async ({
      database,
    }) => {
      const scene = await aMergingClinic(database)
      const faults = await Promise.all(choices.map((of) => faultsOf(scene, of, order, isNested)))
      expect(faults.flat()).toEqual([])
      expect(await scene.findings()).toEqual([])
    })

async function faultsWith(database: TestDatabase, part: string, becomes: string) {
  await plantFunction(database, 'unmerge_patient', { part, becomes })
  const scene = await aMergingClinic(database)
  const faults = await Promise.all(choices.map((of) => faultsOf(scene, of, [0, 1, 2], false)))
  return faults.flat()
}

freshDatabaseTest.for([
  ['the records that are still merged', 'entries_without(v_brought, v_others)', 'v_brought'],
  [
    'what a later merge restores',
    "t.merge->'before'->v_list <> entries_without(t.merge->'before'->v_list, v_brought)",
    'false',
  ],
  ['who gets the messages then', "t.merge->'before'->'guardians' <> n.guardians", 'false'],
] as const)('control: without %s, the undoing is not exact', async ([, part, becomes], { database }) => {
  expect(await faultsWith(database, part, becomes)).not.toEqual([])
})
