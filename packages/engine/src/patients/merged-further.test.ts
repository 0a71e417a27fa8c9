// Guarantee: merges are undone exactly, in every order that is allowed, also of a record that was merged further.
import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aMergingClinic, fieldsOf, one, ordersOfThree, other, twoRecords } from '../../test/merging-clinic.ts'

/** Three records that differ in every field, of which the first was merged into the second, and that into the third. */
async function aChain(scene: Awaited<ReturnType<typeof aMergingClinic>>) {
  const { kept: second, merged: first } = await twoRecords(scene)
  const third = await scene.record({ name: 'Augusta', mrn: 'M-3', phone: '4713', notes: 'Deaf', flags: ['sign'] })
  const ids = [first, second, third] as const
  const bookings = await Promise.all(ids.map((id) => scene.linked(id)))
  const fields = () => Promise.all(ids.map(async (id) => fieldsOf(await scene.read(id))))
  const before = await fields()
  await scene.merge(second, first, { taken: ['name', 'email'] })
  const between = await fields()
  expect(await scene.merge(third, second, { taken: ['name', 'mrn'] })).toMatchObject({ kind: 'done' })
  const undo = async (id: string) => scene.patients.unmerge(id, (await scene.read(id)).version)
  const visitsOf = async (id: string) => (await scene.patients.visits(id, new Date())).next.map((one) => one.bookingId)
  return { first, second, third, bookings, fields, before, between, undo, visitsOf }
}

describe('a record into which another was merged, and that is merged itself', () => {
  test('has all under the one that stays, by whichever number or name', async ({ database }) => {
    const scene = await aMergingClinic(database)
    const { first, second, third, bookings, visitsOf } = await aChain(scene)
    expect((await visitsOf(third)).sort()).toEqual([...bookings].sort())
    for (const id of bookings) expect(await scene.patients.ofBooking(id)).toMatchObject({ id: third })
    for (const q of ['lovelace', 'M-2', 'M-1', 'M-3', 'B2', 'A1', null])
      expect(await scene.found(q), `${q}`).toEqual([third])
    expect(await scene.read(third)).toMatchObject({
      name: 'Ada Lovelace',
      mrn: 'M-1',
      identifiers: [one, other],
      notes: 'Deaf\n\nRings first\n\nComes by train',
      flags: ['sign', 'interpreter', 'wheelchair'],
    })
    const merged = await scene.patients.mergedInto(third)
    expect(new Map(merged.map(({ id, through }) => [id, through]))).toEqual(
      new Map([
        [second, null],
        [first, second],
      ]),
    )
    expect(await scene.merge(first, second)).toEqual({ kind: 'record_merged', mergedInto: third })
    expect(await scene.findings()).toEqual([])
  })

  test('is undone in the other order, exactly; the former merge alone is refused', async ({ database }) => {
    const scene = await aMergingClinic(database)
    const { first, second, third, bookings, fields, before, between, undo, visitsOf } = await aChain(scene)
    expect(await undo(first)).toEqual({ kind: 'merged_further', mergedId: second })
    expect(await undo(second)).toMatchObject({ kind: 'done', separatedFrom: third })
    expect(await fields()).toEqual(between)
    expect(await scene.found('M-2')).toEqual([second])
    expect((await visitsOf(second)).sort()).toEqual(bookings.slice(0, 2).sort())
    expect(await visitsOf(third)).toEqual(bookings.slice(2))
    expect(await scene.findings()).toEqual([])
    expect(await undo(first)).toMatchObject({ kind: 'done', separatedFrom: second })
    expect(await fields()).toEqual(before)
    expect(await scene.found('M-2')).toEqual([first])
    expect(await scene.findings()).toEqual([])
  })

  test('goes further as a whole, and comes back as a whole', async ({ database }) => {
    const scene = await aMergingClinic(database)
    const { first, second, third, undo } = await aChain(scene)
    const fourth = await scene.record({ name: 'Byron' })
    expect(await scene.merge(fourth, third)).toMatchObject({ kind: 'done' })
    for (const id of [first, second, third]) expect(await scene.read(id)).toMatchObject({ mergedInto: fourth })
    expect(await undo(first)).toEqual({ kind: 'merged_further', mergedId: second })
    expect(await undo(second)).toEqual({ kind: 'merged_further', mergedId: third })
    expect(await undo(third)).toMatchObject({ kind: 'done', separatedFrom: fourth })
    for (const id of [first, second]) expect(await scene.read(id)).toMatchObject({ mergedInto: third })
    expect(await scene.patients.mergedInto(fourth)).toEqual([])
    expect(await scene.findings()).toEqual([])
  })

  test('is erased with all, whichever is erased', async ({ database }) => {
    for (const which of ['first', 'second', 'third'] as const) {
      const scene = await aMergingClinic(database)
      const chain = await aChain(scene)
      await database.ownerPool.query(`update holdfast.booking set status = 'CANCELLED' where id = any ($1)`, [
        chain.bookings,
      ])
      expect(await scene.erase(chain[which])).toMatchObject({ kind: 'erased', bookings: 3 })
      for (const id of [chain.first, chain.second, chain.third]) expect(await scene.patients.record(id)).toBe(null)
    }
  })

  freshDatabaseTest(
    'without the move of what was merged before, there is a chain, which verify finds',
    async ({ database }) => {
      await plantFunction(database, 'merge_patients', {
        part: 'and t.merged_into = p_merged_id;',
        becomes: 'and false;',
      })
      const scene = await aMergingClinic(database)
      await aChain(scene)
      expect(await scene.findings()).toMatchObject([{ kind: 'patient_differs' }])
    },
  )
})

describe('two records that were merged into a third', () => {
  async function twoMerged(database: TestDatabase) {
    const scene = await aMergingClinic(database)
    const ids = {
      kept: await scene.record({ name: 'K', notes: 'k' }),
      one: await scene.record({ name: 'A', notes: 'a', phone: '1' }),
      two: await scene.record({ name: 'B', notes: 'b', flags: ['x'] }),
    }
    const fields = () => Promise.all(Object.values(ids).map(async (id) => fieldsOf(await scene.read(id))))
    const before = await fields()
    await scene.merge(ids.kept, ids.one, { taken: ['name'] })
    await scene.merge(ids.kept, ids.two, { taken: ['name'] })
    expect(await scene.read(ids.kept)).toMatchObject({ name: 'B', phone: '1', notes: 'k\n\na\n\nb' })
    const undo = async (id: string) => {
      const outcome = await scene.patients.unmerge(id, (await scene.read(id)).version)
      expect(outcome).toMatchObject({ kind: 'done' })
    }
    return { ids, fields, before, undo }
  }

  for (const order of [['one', 'two'] as const, ['two', 'one'] as const])
    test(`are as before when both merges are undone: ${order.join(', ')}`, async ({ database }) => {
      const { ids, fields, before, undo } = await twoMerged(database)
      for (const which of order) await undo(ids[which])
      expect(await fields()).toEqual(before)
    })

  /** Merges three records, of which some bring their number, and undoes the merges in another order. */
  async function numbersUndone(database: TestDatabase, mrn: string | null, taken: readonly boolean[], order: number[]) {
    const scene = await aMergingClinic(database)
    const kept = await scene.record({ name: 'K', mrn })
    const ids = await Promise.all(['1', '2', '3'].map((number) => scene.record({ name: number, mrn: `M-${number}` })))
    const numbers = () => Promise.all([kept, ...ids].map(async (id) => (await scene.read(id)).mrn))
    const before = await numbers()
    for (const [index, id] of ids.entries()) {
      const merged = await scene.merge(kept, id, { taken: taken[index] ? ['mrn'] : [] })
      expect(merged).toMatchObject({ kind: 'done' })
    }
    const outcomes: string[] = []
    for (const index of order) {
      const id = ids[index] ?? ''
      const outcome = await scene.patients.unmerge(id, (await scene.read(id)).version)
      outcomes.push(outcome.kind)
      if (outcome.kind !== 'done') return { outcomes, isAsBefore: false }
      expect(await scene.read(id)).toMatchObject({ mrn: `M-${index + 1}` })
    }
    for (const [index, id] of ids.entries()) expect(await scene.found(`M-${index + 1}`)).toEqual([id])
    expect(await scene.findings()).toEqual([])
    return { outcomes, isAsBefore: (await numbers()).every((number, index) => number === before[index]) }
  }
  const whoBrings = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [1, 2, 4].map((bit) => (bits & bit) > 0))

  for (const order of ordersOfThree)
    test(`have their numbers again, whoever brought which, undone in the order ${order}`, async ({ database }) => {
      for (const mrn of ['M-0', null])
        for (const taken of whoBrings)
          expect(await numbersUndone(database, mrn, taken, order), `${mrn} ${taken}`).toEqual({
            outcomes: ['done', 'done', 'done'],
            isAsBefore: true,
          })
    })

  freshDatabaseTest('control: if the numbers do not change places, one is taken', async ({ database }) => {
    await plantFunction(database, 'unmerge_patient', {
      part: 't.merged_into = v_kept_id and t.mrn = v_merged.merge',
      becomes: 'false and t.mrn = v_merged.merge',
    })
    expect(await numbersUndone(database, null, [true, true, true], [0, 1, 2])).toMatchObject({
      outcomes: ['mrn_taken'],
    })
  })

  freshDatabaseTest(
    'without the correction of the later merge, the former one is in what is restored',
    async ({ database }) => {
      await plantFunction(database, 'unmerge_patient', {
        part: "t.merge->'before' || l.fields",
        becomes: "t.merge->'before'",
      })
      const { ids, fields, before, undo } = await twoMerged(database)
      for (const which of ['one', 'two'] as const) await undo(ids[which])
      expect(await fields()).not.toEqual(before)
    },
  )
})
