import type { BuiltDoctor } from '@holdfast/testkit'
import pg from 'pg'
import { clinicNoOf, newId } from '../src/model/id.ts'
import type { NewWaitlistEntry, Waitlist } from '../src/model/waitlist.ts'

const triesMax = 5

/**
 * Joins, and joins again if PostgreSQL has ended the connection: it does so when this process pauses for a second
 * between two statements of the transaction, as it can on a busy machine (join_waitlist). Returns the entry's id.
 */
export async function joined(waitlist: Pick<Waitlist, 'join'>, entry: NewWaitlistEntry): Promise<string> {
  const key = { key: newId(entry.clinicNo), requestHash: newId(entry.clinicNo) }
  for (let tried = 1; ; tried += 1) {
    try {
      const result = await waitlist.join(entry, key)
      if (result.kind === 'key_reused' || result.value.kind !== 'joined') throw new Error(JSON.stringify(result))
      return result.value.id
    } catch (error) {
      const idleInTransaction = '25P03'
      const isEnded = error instanceof pg.DatabaseError ? error.code === idleInTransaction : isLost(error)
      if (!isEnded || tried === triesMax) throw error
    }
  }
}

export async function hasFreeTimes(waitlist: Pick<Waitlist, 'withFreeTimes'>, entryId: string): Promise<boolean> {
  return (await waitlist.withFreeTimes(clinicNoOf(entryId), [entryId], 'patient')).has(entryId)
}

function isLost(error: unknown): boolean {
  return error instanceof Error && /connection|terminated/i.test(error.message)
}

/** An entry of somebody who waits for any time of a doctor. */
export function anEntry(
  doctor: Pick<BuiltDoctor, 'id' | 'clinicNo'>,
  change: Partial<NewWaitlistEntry> = {},
): NewWaitlistEntry {
  return {
    clinicNo: doctor.clinicNo,
    doctorId: doctor.id,
    specialization: null,
    visitTypeId: null,
    from: '2020-01-01',
    to: '2100-01-01',
    weekdays: null,
    timeFrom: null,
    timeTo: null,
    units: 1,
    urgency: 'routine',
    accountId: null,
    joinedBy: null,
    patient: { name: 'Grace Hopper' },
    origins: [],
    isLimited: false,
    accountEmail: null,
    emailAccountId: null,
    ...change,
  }
}
