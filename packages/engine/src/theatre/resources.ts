import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import type { AnnouncedTransaction } from '../database/announced-transaction.ts'
import { assignments, type Columns, insertion } from '../database/columns-sql.ts'
import { externalIdsValue } from '../database/external-ids.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import type { WriteKey } from '../model/stored-responses.ts'
import type { ResourceChange, Theatre, UpdateEquipmentOutcome, UpdateResourceOutcome } from '../model/theatre.ts'
import type { CaseConflict } from '../model/theatre-case.ts'
import type {
  Equipment,
  NewEquipment,
  NewRoom,
  NewStaff,
  Room,
  Staff,
  TheatreDoctor,
} from '../model/theatre-resource.ts'
import { runOnce } from '../stored-responses/run-once.ts'

type BusyResource = Extract<CaseConflict, { kind: 'resource_busy' }>

/** A result of resource_uses and set_equipment_units: times are texts in JSON. */
type FoundUses = (Omit<BusyResource, 'from' | 'to'> & { from: string; to: string })[] | null

type Activity = { active?: boolean | undefined; withCases?: boolean | undefined }

type ResourceKind = 'operating_room' | 'staff' | 'doctor' | 'equipment'

const externalIds = sql`external_ids as "externalIds"`

/** The columns of each kind, as the fields of its type. */
const selected: Record<ResourceKind, Sql> = {
  operating_room: sql`id, name, active, ${externalIds}, site, turnover_minutes as "turnoverMinutes", hours`,
  staff: sql`id, name, active, ${externalIds}, profession, preferred_equipment_ids as "preferredEquipmentIds"`,
  doctor: sql`id, name, active, preferred_equipment_ids as "preferredEquipmentIds"`,
  equipment: sql`id, name, active, ${externalIds}, units, turnover_minutes as "reprocessingMinutes"`,
}

/**
 * Rooms, staff and equipment: plain rows, never deleted. Doctors are the directory's: only their preferences are here.
 */
export function theatreResources(
  pool: pg.Pool,
  write: AnnouncedTransaction,
): Pick<
  Theatre,
  | 'createRoom'
  | 'createStaff'
  | 'createEquipment'
  | 'updateRoom'
  | 'updateStaff'
  | 'updateDoctor'
  | 'updateEquipment'
  | 'rooms'
  | 'staff'
  | 'doctors'
  | 'equipment'
> {
  const create = <Resource>(kind: ResourceKind, clinicNo: number, columns: Columns, writeKey: WriteKey) =>
    write((transaction) =>
      runOnce(transaction, { writeKey, clinicNo }, () => insert<Resource>(transaction, kind, clinicNo, columns)),
    )
  const update = <Resource>(kind: ResourceKind, id: string, { active, withCases }: Activity, columns: Columns) =>
    write(async (transaction): Promise<UpdateResourceOutcome<Resource>> => {
      const refusal = await refusalOf(transaction, kind, id, { active, withCases })
      return refusal ?? outcomeOf(await change<Resource>(transaction, kind, id, { ...columns, active }))
    })
  const list = async <Resource>(kind: ResourceKind, clinicNo: number) => {
    const { rows } = await pool.query<Resource & pg.QueryResultRow>(sql`
      select ${selected[kind]} from holdfast.resource
       where clinic_no = ${clinicNo} and kind = ${kind} order by holdfast.natural_order(name), id`)
    return rows
  }
  return {
    createRoom: (clinicNo, room, writeKey) => create<Room>('operating_room', clinicNo, roomColumns(room), writeKey),
    createStaff: (clinicNo, staff, writeKey) => create<Staff>('staff', clinicNo, staffColumns(staff), writeKey),
    createEquipment: (clinicNo, equipment, writeKey) =>
      create<Equipment>('equipment', clinicNo, equipmentColumns(equipment), writeKey),
    updateRoom: (id, change) => update<Room>('operating_room', id, change, roomColumns(change)),
    updateStaff: (id, change) => update<Staff>('staff', id, change, staffColumns(change)),
    updateDoctor: (id, { preferredEquipmentIds }) =>
      write((transaction) =>
        change<TheatreDoctor>(transaction, 'doctor', id, { preferred_equipment_ids: preferredEquipmentIds }),
      ),
    updateEquipment: (id, change) => write((transaction) => updateEquipment(transaction, id, change)),
    rooms: (clinicNo) => list<Room>('operating_room', clinicNo),
    staff: (clinicNo) => list<Staff>('staff', clinicNo),
    doctors: (clinicNo) => list<TheatreDoctor>('doctor', clinicNo),
    equipment: (clinicNo) => list<Equipment>('equipment', clinicNo),
  }
}

async function change<Resource>(
  transaction: pg.PoolClient,
  kind: ResourceKind,
  id: string,
  columns: Columns,
): Promise<Resource | null> {
  if (!isId(id)) return null
  const { rows } = await transaction.query<Resource & pg.QueryResultRow>(sql`
    update holdfast.resource set ${assignments({ ...columns, updated_at: sql`now()` })}
     where clinic_no = ${clinicNoOf(id)} and id = ${id} and kind = ${kind}
    returning ${selected[kind]}`)
  return rows[0] ?? null
}

async function updateEquipment(
  transaction: pg.PoolClient,
  id: string,
  { units, active, withCases, ...fields }: ResourceChange<NewEquipment>,
): Promise<UpdateEquipmentOutcome> {
  const refusal = await refusalOf(transaction, 'equipment', id, { active, withCases })
  if (refusal !== null) return refusal
  if (units !== undefined && isId(id)) {
    const { rows } = await transaction.query<{ conflicts: FoundUses }>(sql`
      select * from holdfast.set_equipment_units(${clinicNoOf(id)}::integer, ${id}::uuid, ${units}::integer)`)
    const conflicts = conflictsOf(rows[0]?.conflicts ?? [])
    if (conflicts.length > 0) return { kind: 'units_in_use', conflicts }
  }
  return outcomeOf(await change<Equipment>(transaction, 'equipment', id, { ...equipmentColumns(fields), active }))
}

/**
 * Why something does not become inactive: cases that are not over have it. It stays locked, so that no case gets it
 * meanwhile. What is inactive already stays so.
 */
async function refusalOf(
  transaction: pg.PoolClient,
  kind: ResourceKind,
  id: string,
  { active, withCases }: Activity,
): Promise<Exclude<UpdateResourceOutcome<never>, { kind: 'done' }> | null> {
  if (active !== false || withCases === true || !isId(id)) return null
  const found = await transaction.query<{ uses: FoundUses }>(sql`
    select holdfast.resource_uses(${clinicNoOf(id)}::integer, ${id}::uuid, 0) as uses`)
  const conflicts = conflictsOf(found.rows[0]?.uses ?? [])
  if (conflicts.length === 0) return null
  const { rows } = await transaction.query<{ active: boolean }>(sql`
    select active from holdfast.resource where clinic_no = ${clinicNoOf(id)} and id = ${id} and kind = ${kind}`)
  const [resource] = rows
  if (resource === undefined) return { kind: 'resource_missing' }
  return resource.active ? { kind: 'resource_in_use', conflicts } : null
}

function outcomeOf<Resource>(value: Resource | null): UpdateResourceOutcome<Resource> {
  return value === null ? { kind: 'resource_missing' } : { kind: 'done', value }
}

function conflictsOf(uses: NonNullable<FoundUses>): BusyResource[] {
  return uses.map(({ from, to, ...busy }) => ({ ...busy, from: new Date(from), to: new Date(to) }))
}

async function insert<Resource>(
  transaction: pg.PoolClient,
  kind: ResourceKind,
  clinicNo: number,
  columns: Columns,
): Promise<Resource> {
  const id = newId(clinicNo)
  const openTimeId = kind === 'operating_room' ? newId(clinicNo) : undefined
  if (openTimeId !== undefined) {
    const openTime = { clinic_no: clinicNo, id: openTimeId, kind: 'open_time', name: 'Open time' }
    await transaction.query(sql`insert into holdfast.resource ${insertion(openTime)}`)
  }
  const { rows } = await transaction.query<Resource & pg.QueryResultRow>(sql`
    insert into holdfast.resource
      ${insertion({ clinic_no: clinicNo, id, kind, open_time_id: openTimeId, ...columns })}
    returning ${selected[kind]}`)
  const [inserted] = rows
  if (inserted === undefined) throw new Error(`The insert of ${kind} ${id} returned no row.`)
  return inserted
}

function roomColumns({ name, site, turnoverMinutes, hours, externalIds }: Partial<NewRoom>): Columns {
  return {
    name,
    site,
    turnover_minutes: turnoverMinutes,
    hours: hours === undefined || hours === null ? hours : JSON.stringify(hours),
    external_ids: externalIdsValue(externalIds),
  }
}

function staffColumns({ name, profession, preferredEquipmentIds, externalIds }: Partial<NewStaff>): Columns {
  const external_ids = externalIdsValue(externalIds)
  return { name, profession, preferred_equipment_ids: preferredEquipmentIds, external_ids }
}

function equipmentColumns({ name, units, reprocessingMinutes, externalIds }: Partial<NewEquipment>): Columns {
  return { name, units, turnover_minutes: reprocessingMinutes, external_ids: externalIdsValue(externalIds) }
}
