import { aClaim, claimWays, takenOf } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { idFloor, newId } from '../model/id.ts'
import { runClaimBatch } from './claim-batch.ts'
import { PartitionMissing } from './partition-missing.ts'

const { alone, together } = claimWays(runClaimBatch)

test('another failed check is not taken for a missing partition', async ({ database, slot }) => {
  await database.ownerPool.query(`
    alter table holdfast.booking add constraint planted check (reason <> 'planted') not valid`)
  const claiming = alone.claim(database.appPool, aClaim(slot, { reason: 'planted' }))
  await expect(claiming).rejects.toMatchObject({ code: '23514', constraint: 'planted' })
})

/** An id of a server whose clock is years ahead. */
function idOfTheFuture(clinicNo: number): string {
  // The first 13 characters are the time.
  return idFloor(new Date('2061-05-31T12:00Z')).slice(0, 13) + newId(clinicNo).slice(13)
}

test.for([alone, together])(
  'a booking of a month without a partition, claimed $way: a named error says what to do, and nothing is written',
  async ({ claim }, { database, slot }) => {
    const claiming = claim(database.appPool, aClaim(slot, { bookingId: idOfTheFuture(slot.clinicNo) }))
    const error = await claiming.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(PartitionMissing)
    expect(error).toMatchObject({
      name: 'PartitionMissing',
      message: expect.stringMatching(/2061-05.*clock.*restart.*migrate/s),
    })
    expect(await takenOf(database, slot)).toEqual([0])
  },
)
