import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, test } from '../../test/moving-clinic.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'

test('a retry after a clinic’s move gets the response, whatever its ids; others stay', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const { clinicNo, slot } = scene
  const { directory, north: there } = scene.engines
  await database.ownerPool.query(sql`insert into holdfast.patient (clinic_no, id, mrn, name)
      values (${clinicNo}, ${newId(clinicNo)}, 'MRN-9', 'Ada')`)
  const aKey = () => ({ key: randomUUID(), requestHash: randomUUID() })
  const erasure = { clinicNo, of: { mrn: 'MRN-9' }, actorId: null, writeKey: aKey() }
  const erased = await directory.patients.erase(erasure)
  expect(erased).toMatchObject({ kind: 'erased', bookings: 0, cases: 0, requests: 0 })
  const [ofClinic, ofOther, ofNone] = [aKey(), aKey(), aKey()]
  const response = { status: 201, body: { items: [{ slotId: slot.id }] } }
  await directory.storedResponses.store(ofClinic, response, clinicNo)
  await directory.storedResponses.store(ofOther, response, scene.slotElsewhere.clinicNo)
  await directory.storedResponses.store(ofNone, { status: 200, body: { id: slot.id } }, null)
  await scene.move(1)

  expect(await there.patients.erase(erasure)).toEqual({ ...erased, kind: 'replayed' })
  expect(await there.storedResponses.find(ofClinic)).toEqual({ kind: 'found', response })
  const kindsIn = async ({ storedResponses }: Engine) => {
    const kinds = []
    for (const key of [ofClinic, ofOther, ofNone]) kinds.push((await storedResponses.find(key)).kind)
    return kinds
  }
  expect(await kindsIn(there)).toEqual(['found', 'missing', 'missing'])
  expect(await kindsIn(directory)).toEqual(['missing', 'found', 'found'])
})
