import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, lapseHolds, type TestDatabase } from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { createEngine } from '../src/create-engine.ts'
import type { NewCaseRequest } from '../src/model/theatre.ts'
import type { Case } from '../src/model/theatre-case.ts'
import { aCase, aRoom, caseOf, someEquipment, soonAt } from './theatre.ts'

const by = { actorId: null, key: null }

type Operations = Record<string, () => Promise<unknown>>

/** Everything that is done in an operating theatre, over a pool; each may be done again and again. */
export async function theatreOperations(database: TestDatabase, pool: pg.Pool): Promise<Operations> {
  const stage = await aStage(database, pool)
  return { ...caseOperations(stage), ...planningOperations(stage) }
}

type Stage = Awaited<ReturnType<typeof aStage>>

/** A room, a surgeon and a robot. Each new case is at another time. */
async function aStage(database: TestDatabase, pool: pg.Pool) {
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const { theatre } = engine
  const clinic = await aClinic(database)
  const scene = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  const robot = await someEquipment(theatre, clinic, { units: 2 })
  const equipment = [{ equipmentId: robot, units: 1 }]
  let hours = 0
  const nextCase = (change: Parameters<typeof aCase>[1] = {}) => {
    hours += 1
    return aCase(scene, { startsAt: soonAt(hours), minutes: 30, equipment, ...change })
  }
  const held = async () => caseOf(await theatre.claimCase(nextCase()))
  const booked = async () => caseOf(await theatre.claimCase(nextCase({ confirm: true })))
  const slotOf = async ({ id }: Case) => {
    const { rows } = await database.ownerPool.query<{ id: string }>(sql`select slot_id as id from holdfast.booking
        where clinic_no = ${clinic.no} and id = ${id}`)
    return { clinicNo: clinic.no, id: rows[0]?.id ?? '' }
  }
  const request: NewCaseRequest = {
    service: 'Orthopaedics',
    procedure: { code: 'A', display: 'A' },
    minutes: 30,
    urgency: 'elective',
    dueOn: null,
    roomId: null,
    surgeonId: scene.surgeon.id,
    anaesthetistId: null,
    staffIds: [],
    equipment: [],
    patient: { mrn: 'M-1', name: 'Ada Okafor', birthDate: null },
    note: null,
  }
  const requested = async (mrn: string) => {
    const waiting = { ...request, patient: { ...request.patient, mrn }, createdBy: null, mayChangePatient: true }
    const outcome = await theatre.createCaseRequest(clinic.no, waiting, null)
    if (outcome.kind !== 'done' || outcome.value.kind !== 'created') throw new Error('The request was not created.')
    return outcome.value.id
  }
  const aBlock = async () => {
    hours += 2
    const drafts = [{ startsAt: soonAt(hours - 1), endsAt: soonAt(hours), capacity: 60 }]
    const block = { roomId: scene.room, service: null, surgeonId: null, releaseDays: null, actorId: null }
    const outcome = await theatre.createBlocks({ ...block, when: { drafts }, dryRun: false })
    const blockId = outcome.kind === 'done' ? outcome.items[0]?.blockId : null
    if (blockId == null) throw new Error('The block was not created.')
    return blockId
  }
  const lapse = async (one: Case) => await lapseHolds(database, await slotOf(one))
  const times = { nextCase, held, booked, lapse, requested, aBlock }
  return { theatre, patients: engine.patients, clinic, scene, equipment, request, ...times }
}

function caseOperations({ theatre, scene, nextCase, held, booked, lapse }: Stage): Operations {
  return {
    'claim of a case': held,
    'claim of a case with a lapsed hold in its way': async () => {
      const lapsed = await held()
      await lapse(lapsed)
      return caseOf(await theatre.claimCase(aCase(scene, { startsAt: lapsed.startsAt, minutes: 30 })))
    },
    'refused claim of a case': async () => {
      const { startsAt } = await booked()
      return await theatre.claimCase(aCase(scene, { startsAt }))
    },
    'confirmation of a case': async () => await theatre.confirmCase({ ...by, caseId: (await held()).id }),
    'cancellation of a case': async () =>
      await theatre.cancelCase({ ...by, caseId: (await booked()).id, reasonCode: 'patient' }),
    'move of a case': async () => {
      const { startsAt } = nextCase()
      return await theatre.moveCase({ ...by, caseId: (await booked()).id, change: { startsAt }, override: null })
    },
    'a swap of cases': async () => {
      const [one, other] = [await booked(), await booked()]
      return await theatre.swapCases({ ...by, caseId: one.id, otherCaseId: other.id, override: null })
    },
    'a bump of a case': async () => {
      const { id, startsAt } = await booked()
      const emergency = aCase(scene, { startsAt, minutes: 30, urgency: 'immediate' })
      return await theatre.bumpCases({ emergency, bumpedCaseIds: [id], reason: 'Bleeding' })
    },
    'a milestone': async () => {
      const milestone = { ...by, caseId: (await booked()).id, milestone: 'arrived' as const, isTrial: false }
      await theatre.recordMilestone({ ...milestone, at: new Date() })
      return await theatre.recordMilestone({ ...milestone, at: null })
    },
    'the end of a case': async () => {
      const { id, startsAt } = await booked()
      const milestone = { ...by, caseId: id, milestone: 'out_of_room' as const, isTrial: true }
      return await theatre.recordMilestone({ ...milestone, at: new Date(startsAt.getTime() + 600_000) })
    },
    'an extension of a case': async () => {
      const { id, endsAt } = await booked()
      const expectedEndsAt = new Date(endsAt.getTime() + 600_000)
      await theatre.extendCase({ ...by, caseId: id, expectedEndsAt })
      return await theatre.extendCase({ ...by, caseId: id, expectedEndsAt })
    },
  }
}

function planningOperations(stage: Stage): Operations {
  const { theatre, patients, clinic, scene, equipment, request, nextCase, booked, requested, aBlock } = stage
  const range = { clinicNo: clinic.no, from: soonAt(0), to: soonAt(31 * 24) }
  const { minutes, service, surgeonId } = { ...request, surgeonId: scene.surgeon.id }
  return {
    'a case': async () => await theatre.case((await booked()).id),
    'cases of a month': () => theatre.cases({ ...range, withEnded: true }),
    'blocks of a month': async () => [await aBlock(), await theatre.blocks(range)],
    'a change of a block': async () =>
      await theatre.changeBlock({ blockId: await aBlock(), action: { kind: 'release' }, actorId: null }),
    'a request': async () => await theatre.withdrawCaseRequest(await requested('M-2')),
    'a correction of a request': async () => {
      const requestId = await requested('M-4')
      return await theatre.changeCaseRequest(requestId, 1, { minutes: 40, roomId: scene.room })
    },
    'the waitlist': () => theatre.caseRequests({ clinicNo: clinic.no, status: 'open' }),
    'a claim for a request': async () => {
      const requestId = await requested('M-3')
      return caseOf(await theatre.claimCase(nextCase({ requestId, patient: { ...request.patient, mrn: 'M-3' } })))
    },
    'a block filled from the list': async () => {
      await requested(`M-${randomUUID()}`)
      return await theatre.fillBlock({ blockId: await aBlock(), confirm: true, actorId: null, key: randomUUID() })
    },
    'suggested times': () => {
      const [from, to] = [soonAt(0).toISOString().slice(0, 10), soonAt(24).toISOString().slice(0, 10)]
      const wanted = { minutes, service, urgency: 'elective' as const, surgeonId, anaesthetistId: null }
      const team = { staffIds: [], equipment }
      const where = { clinicNo: clinic.no, roomIds: null, blockId: null, from, to, limit: 3, stepMinutes: 15 }
      return theatre.suggest({ ...wanted, ...team, ...where, mrn: null, exceptCaseId: null })
    },
    'the erasure of a patient': async () => {
      const patient = { mrn: `M-${randomUUID()}`, name: 'Ada Okafor', birthDate: null }
      const { id } = caseOf(await theatre.claimCase(nextCase({ patient, confirm: true })))
      await theatre.cancelCase({ ...by, caseId: id, reasonCode: 'patient' })
      return await patients.erase({ clinicNo: clinic.no, of: { mrn: patient.mrn }, actorId: null })
    },
  }
}
