import { restOperations } from '@holdfast/contract'
import {
  clinicNoIn,
  type ExternalId,
  type NewEquipment,
  type NewRoom,
  type NewStaff,
  type OpeningHours,
  type UpdateResourceOutcome,
} from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { resourceInUse, resourceNotFound, unitsInUse } from '../responses/theatre-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { havingExternalId, sentExternalIds, withStoredIds } from './external-ids.ts'

/**
 * Rooms, staff, doctors as surgeons, and equipment: every member reads them, admins add and change them; nobody can
 * delete them.
 */
export function serveTheatreResources(serve: Serve, deps: RestDeps): void {
  serveRooms(serve, deps)
  serveStaff(serve, deps)
  serveDoctors(serve, deps)
  serveEquipment(serve, deps)
}

function serveRooms(serve: Serve, { engine: { theatre } }: RestDeps): void {
  serve(restOperations.listRooms, async ({ query, granted: { clinic } }) => ({
    status: 200,
    body: { items: havingExternalId(await theatre.rooms(clinic.no), query) },
  }))

  serve(restOperations.createRoom, async ({ body, granted: { clinic }, key }) => {
    requireHours(body.hours)
    const room: NewRoom = {
      name: body.name.trim(),
      site: body.site ?? null,
      turnoverMinutes: body.turnoverMinutes ?? 0,
      hours: body.hours ?? null,
      ...sentExternalIds(body),
    }
    const outcome = await theatre.createRoom(clinic.no, room, writeKeyOf(key, `createRoom ${clinic.id}`, room))
    if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: outcome.value }
  })

  serve(restOperations.updateRoom, async ({ params: { roomId }, query, body, granted: { clinic } }) => {
    requireHours(body.hours)
    if (clinicNoIn(roomId) !== clinic.no) throw resourceNotFound('/path/roomId', roomId)
    const outcome = await theatre.updateRoom(roomId, { ...trimmed(body), withCases: query.withCases })
    return { status: 200, body: changedResource(outcome, '/path/roomId', roomId) }
  })
}

function serveStaff(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(restOperations.listTheatreStaff, async ({ query, granted: { clinic } }) => ({
    status: 200,
    body: { items: havingExternalId(await theatre.staff(clinic.no), query) },
  }))

  serve(restOperations.createTheatreStaff, async ({ body, granted: { clinic }, key }) => {
    await requireEquipment(deps, clinic.no, body.preferredEquipmentIds ?? [])
    const staff: NewStaff = {
      name: body.name.trim(),
      profession: body.profession,
      preferredEquipmentIds: body.preferredEquipmentIds ?? [],
      ...sentExternalIds(body),
    }
    const writeKey = writeKeyOf(key, `createTheatreStaff ${clinic.id}`, staff)
    const outcome = await theatre.createStaff(clinic.no, staff, writeKey)
    if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: outcome.value }
  })

  serve(restOperations.updateTheatreStaff, async ({ params: { staffId }, query, body, granted: { clinic } }) => {
    await requireEquipment(deps, clinic.no, body.preferredEquipmentIds ?? [])
    if (clinicNoIn(staffId) !== clinic.no) throw resourceNotFound('/path/staffId', staffId)
    const outcome = await theatre.updateStaff(staffId, { ...trimmed(body), withCases: query.withCases })
    return { status: 200, body: changedResource(outcome, '/path/staffId', staffId) }
  })
}

function serveDoctors(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(restOperations.listTheatreDoctors, async ({ granted: { clinic } }) => ({
    status: 200,
    body: { items: await theatre.doctors(clinic.no) },
  }))

  serve(restOperations.updateTheatreDoctor, async ({ params: { doctorId }, body, granted: { clinic } }) => {
    await requireEquipment(deps, clinic.no, body.preferredEquipmentIds)
    const doctor = clinicNoIn(doctorId) === clinic.no ? await theatre.updateDoctor(doctorId, body) : null
    if (doctor === null) throw refusalProblem({ kind: 'doctor_missing' })
    return { status: 200, body: doctor }
  })
}

function serveEquipment(serve: Serve, { engine: { theatre } }: RestDeps): void {
  serve(restOperations.listEquipment, async ({ query, granted: { clinic } }) => ({
    status: 200,
    body: { items: havingExternalId(await theatre.equipment(clinic.no), query) },
  }))

  serve(restOperations.createEquipment, async ({ body, granted: { clinic }, key }) => {
    const { units, reprocessingMinutes = 0 } = body
    const equipment: NewEquipment = { name: body.name.trim(), units, reprocessingMinutes, ...sentExternalIds(body) }
    const writeKey = writeKeyOf(key, `createEquipment ${clinic.id}`, equipment)
    const outcome = await theatre.createEquipment(clinic.no, equipment, writeKey)
    if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: outcome.value }
  })

  serve(restOperations.updateEquipment, async ({ params: { equipmentId }, query, body, granted: { clinic } }) => {
    if (clinicNoIn(equipmentId) !== clinic.no) throw resourceNotFound('/path/equipmentId', equipmentId)
    const outcome = await theatre.updateEquipment(equipmentId, { ...trimmed(body), withCases: query.withCases })
    if (outcome.kind === 'units_in_use') throw unitsInUse(outcome.conflicts)
    return { status: 200, body: changedResource(outcome, '/path/equipmentId', equipmentId) }
  })
}

/** Each opening time ends after it begins. @throws ProblemError invalid_request */
function requireHours(hours: readonly OpeningHours[] | null | undefined): void {
  const errors = (hours ?? []).flatMap(({ from, to }, index) =>
    from < to ? [] : [{ path: `/hours/${index}/to`, message: `must be after from (${from}), not "${to}"` }],
  )
  if (errors.length > 0) throw invalidRequest(errors)
}

/** @throws ProblemError theatre_resource_not_found for an id that is no equipment of the clinic */
async function requireEquipment({ engine }: RestDeps, clinicNo: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const known = new Set((await engine.theatre.equipment(clinicNo)).map(({ id }) => id))
  const unknown = ids.findIndex((id) => !known.has(id))
  if (unknown >= 0) throw resourceNotFound(`/preferredEquipmentIds/${unknown}`, ids[unknown] ?? '')
}

/** @throws ProblemError if it was not changed */
function changedResource<Resource>(outcome: UpdateResourceOutcome<Resource>, path: string, id: string): Resource {
  switch (outcome.kind) {
    case 'done':
      return outcome.value
    case 'resource_missing':
      throw resourceNotFound(path, id)
    case 'resource_in_use':
      throw resourceInUse(outcome.conflicts)
  }
}

function trimmed<Change extends { name?: string; externalIds?: ExternalId[] }>(change: Change): Change {
  const stored = withStoredIds(change)
  return stored.name === undefined ? stored : { ...stored, name: stored.name.trim() }
}
