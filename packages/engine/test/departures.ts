import { lapseHolds, type TestDatabase } from '@holdfast/testkit'
import type { Case, ClaimCaseRequest } from '../src/model/theatre-case.ts'
import { aCase, aRoom, type BuiltTheatre, caseOf, soonAt } from './theatre.ts'
import { slotOf } from './theatre-transaction.ts'

const by = { actorId: null, key: null }

type Leaving = {
  scene: BuiltTheatre
  /** Its room, and its surgeon. */
  other: Pick<BuiltTheatre, 'clinic' | 'room' | 'surgeon'>
  leaving: Case
}

export type Departure = {
  /** What the case is claimed with. */
  claim?: Partial<ClaimCaseRequest>
  /** @returns `done`, or another outcome if it has not left */
  leave(of: Leaving, database: TestDatabase): Promise<{ kind: string }>
}

/** How a case may leave its room. */
export const departures: Readonly<Record<string, Departure>> = {
  'was cancelled': {
    leave: ({ scene: { theatre }, leaving }) =>
      theatre.cancelCase({ ...by, caseId: leaving.id, reasonCode: 'patient' }),
  },
  'was a hold and released': {
    claim: { confirm: false },
    leave: ({ scene: { theatre }, leaving }) =>
      theatre.cancelCase({ ...by, caseId: leaving.id, reasonCode: 'patient', onlyHold: true }),
  },
  'was a hold that lapsed, and was given back': {
    claim: { confirm: false },
    async leave({ leaving }, database) {
      await lapseHolds(database, await slotOf(database, leaving))
      await database.appPool.query('select holdfast.expire_holds(1000)')
      return { kind: 'done' }
    },
  },
  'was a hold that lapsed, and nobody has given it back': {
    claim: { confirm: false },
    async leave({ leaving }, database) {
      await lapseHolds(database, await slotOf(database, leaving))
      return { kind: 'done' }
    },
  },
  'was moved to another time': {
    leave: ({ scene: { theatre }, leaving }) =>
      theatre.moveCase({ ...by, caseId: leaving.id, change: { startsAt: soonAt(14) }, override: null }),
  },
  'was moved to another room': {
    async leave({ scene: { theatre, clinic }, leaving }) {
      const change = { roomId: await aRoom(theatre, clinic) }
      return await theatre.moveCase({ ...by, caseId: leaving.id, change, override: null })
    },
  },
  'was swapped with a later one': {
    async leave({ scene: { theatre, clinic }, other, leaving }) {
      const place = { ...other, room: await aRoom(theatre, clinic) }
      const later = caseOf(await theatre.claimCase(aCase(place, { startsAt: soonAt(15), confirm: true })))
      const swapped = await theatre.swapCases({ ...by, caseId: leaving.id, otherCaseId: later.id, override: null })
      return swapped.kind === 'done'
        ? await theatre.cancelCase({ ...by, caseId: later.id, reasonCode: 'patient' })
        : swapped
    },
  },
  'was bumped for an emergency elsewhere': {
    async leave({ scene: { theatre, clinic }, other, leaving }) {
      const place = { ...other, room: await aRoom(theatre, clinic) }
      const emergency = aCase(place, { startsAt: leaving.startsAt, urgency: 'immediate', confirm: true })
      return await theatre.bumpCases({ emergency, bumpedCaseIds: [leaving.id], reason: 'Bleeding' })
    },
  },
  'was over before its planned start': {
    leave: ({ scene: { theatre }, leaving }) =>
      theatre.recordMilestone({ ...by, caseId: leaving.id, milestone: 'cleaned', at: soonAt(8), isTrial: true }),
  },
}
