import { newId } from '@holdfast/engine'
import { clinicHash } from '@holdfast/engine/shards'
import { type PlantedCitus, plantCitus, plantedShards } from '@holdfast/testkit/planted-citus'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shardsIfDistributed } from './refuse-distributed.ts'
import { verifyShards } from './verify-shards.ts'

let citus: PlantedCitus
beforeAll(async () => {
  citus = await plantCitus()
  const no = [1, 2, 3, 4, 5, 6, 7, 8].find((each) => clinicHash(each) >= 0) ?? 0
  await citus.node.ownerPool.query(
    `insert into ${high}.clinic (no, id, name, timezone) values ($1, $2, 'Riverside', 'Europe/Berlin')`,
    [no, newId(no)],
  )
  await citus.node.ownerPool.query(
    `insert into ${high}.membership (clinic_no, account_id, role) values ($1, gen_random_uuid(), 'admin')`,
    [no],
  )
})
afterAll(() => citus.end())

const { low, high } = plantedShards

async function verify(detailsMax: number) {
  const { ownerUrl } = citus.coordinator
  const shards = (await shardsIfDistributed(ownerUrl)) ?? []
  const { mismatches, details, shards: all } = await verifyShards(ownerUrl, shards, detailsMax)
  return { mismatches, kinds: details.map(({ kind, shard }) => `${shard.split(' ')[0]} ${kind}`), count: all.length }
}

test('a shard that is not written is a finding, and the others are verified', async () => {
  const notNoted = `${high} role_not_noted`
  expect(await verify(100)).toEqual({ mismatches: 1, kinds: [notNoted], count: 2 })
  await citus.node.ownerPool.query(`drop schema ${low} cascade`)
  const notWritten = `${low} shard_not_written`
  expect(await verify(100)).toEqual({ mismatches: 2, kinds: [notWritten, notNoted], count: 2 })
  expect(await verify(1)).toEqual({ mismatches: 2, kinds: [notWritten], count: 2 })
  expect(await verify(0)).toEqual({ mismatches: 2, kinds: [], count: 2 })
})
