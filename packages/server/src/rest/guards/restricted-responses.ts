import type { RestrictedResponse, TheatreBoardBody } from '@holdfast/contract'
import { takenTimes } from '@holdfast/contract/case-state'
import type { ClinicActor } from './access.ts'
import { isOfActor } from './reach-case.ts'

type Items = { items: { surgeonId: string | null }[] }

/**
 * What each restriction leaves of a response, by the caller's role: doctors see what they are the surgeon of. Pages are
 * read for them alone (surgeonOfLists), because a cursor names the last item; `items` is the check behind that.
 */
export const restrictedResponses = {
  items: (actor: ClinicActor, body: Items): Items => ({
    ...body,
    items: body.items.filter((item) => isOfActor(actor, item)),
  }),

  cases: (actor: ClinicActor, board: TheatreBoardBody): TheatreBoardBody =>
    actor.role === 'doctor' ? boardOfSurgeon(actor, board) : board,
} satisfies Record<RestrictedResponse, (actor: ClinicActor, body: never) => object>

type BusyTime = NonNullable<TheatreBoardBody['busy']>[number]
type BoardCase = TheatreBoardBody['cases'][number]

/** Others' cases show what they take and when, but neither which of it belongs together nor for whom. */
function boardOfSurgeon(actor: ClinicActor, board: TheatreBoardBody): TheatreBoardBody {
  const own = board.cases.filter((one) => isOfActor(actor, one))
  const ownIds = new Set(own.map(({ id }) => id))
  const ofOwn = (caseId: string | null) => (caseId !== null && ownIds.has(caseId) ? caseId : null)
  const cases = own.map((one) => ({
    ...one,
    atRiskBy: ofOwn(one.atRiskBy),
    lacks: one.lacks === null ? null : one.lacks.map((lack) => ({ ...lack, caseId: ofOwn(lack.caseId) })),
  }))
  const busy = board.cases
    .filter((one) => !isOfActor(actor, one))
    .flatMap((one) => busyTimes(one, Date.parse(board.asOf)))
    .sort((one, other) => compare(sortKey(one), sortKey(other)))
  const taken = busy.map(({ resourceId }) => resourceId)
  const people = new Set([
    ...taken,
    ...board.blocks.map(({ surgeonId }) => surgeonId),
    ...cases.flatMap(({ surgeonId, anaesthetistId, staffIds }) => [surgeonId, anaesthetistId, ...staffIds]),
    ...cases.flatMap(({ allocations }) => allocations.map(({ resourceId }) => resourceId)),
  ])
  const equipment = new Set([...taken, ...cases.flatMap((one) => one.equipment.map(({ equipmentId }) => equipmentId))])
  return {
    ...board,
    cases,
    busy,
    people: board.people.filter(({ id }) => people.has(id)),
    equipment: board.equipment.filter(({ id }) => equipment.has(id)),
  }
}

const shownKinds: readonly BusyTime['kind'][] = ['room', 'surgeon', 'anaesthetist', 'equipment']

/** What a case takes, as the board of the theatre's staff shows it at `asOf`. */
function busyTimes(one: BoardCase, asOf: number): BusyTime[] {
  return takenTimes(one, asOf).flatMap(({ kind, resourceId, unit, from, to }) => {
    const shown = shownKinds.find((each) => each === kind)
    if (shown === undefined) return []
    return [{ kind: shown, resourceId, unit, from: new Date(from).toISOString(), to: new Date(to).toISOString() }]
  })
}

/** The order is not that of the cases, from which one could tell what belongs together. */
function sortKey({ from, kind, resourceId, unit }: BusyTime): string {
  return `${from} ${kind} ${resourceId} ${unit}`
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
