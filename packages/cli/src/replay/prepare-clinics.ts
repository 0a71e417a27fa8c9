import { createHash } from 'node:crypto'
import { listedDaysMax } from '@holdfast/vocabulary'
import pMap from 'p-map'
import { CommandRefusal } from '../command.ts'
import { callTimeout } from '../target/http-outcome.ts'
import { pages } from '../target/pages.ts'
import { callUntilOk, type TargetServer } from '../target/target-server.ts'
import { dayKey, type PlannedUnit, replayTimeZone } from './plan-replay.ts'

/** A health unit's clinic and doctor on the server. */
export type UnitOnServer = { name: string; clinicId: string; doctorId: string; existedBefore: boolean }

/** Slot ids of each unit's day, in the order of the plan; see `dayKey`. */
export type SlotIds = ReadonlyMap<string, readonly string[]>

/** Marks the clinics of replays, so that a real clinic of the same name is never changed. */
const replayAddress = 'Replayed health unit'
const unitsAtOnce = 8
const slotsPerRequestMax = 2_000

/** The clinic and the doctor of a health unit, if an earlier replay created them. */
async function findUnit(server: TargetServer, name: string): Promise<UnitOnServer | null> {
  const clinics = pages((page) =>
    callUntilOk(server, 'looking for clinics', () =>
      server.admin.listClinics({ query: { q: name.slice(0, 100), ...page }, ...callTimeout() }),
    ),
  )
  for await (const clinic of clinics) {
    const isReplayed = clinic.name === name && clinic.timezone === replayTimeZone && clinic.address === replayAddress
    if (!isReplayed) continue
    const doctors = await callUntilOk(server, 'looking for doctors', () =>
      server.admin.listDoctors({ query: { clinicId: clinic.id, limit: 1 }, ...callTimeout() }),
    )
    const doctor = doctors.items[0]
    if (doctor !== undefined) return { name, clinicId: clinic.id, doctorId: doctor.id, existedBefore: true }
  }
  return null
}

/** True when the server has the first slot of this unit's plan: an earlier replay moved the days by the same weeks. */
export async function hasPlannedSlots(server: TargetServer, planned: PlannedUnit): Promise<boolean> {
  const unit = await findUnit(server, planned.name)
  const day = planned.days[0]
  if (unit === null || day === undefined) return false
  const slots = await listSlots(server, unit.doctorId, day.date, day.date)
  return day.slots.some((slot) => slots.some(({ startsAt }) => slot.startsAt.equals(Temporal.Instant.from(startsAt))))
}

/**
 * Creates each health unit's clinic, doctor and slots, or finds those that an earlier replay created. Idempotent.
 * Returns them with the ids of the slots.
 *
 * @throws CommandRefusal also when the server has other slots on those days than the plan (another `--capacity`)
 */
export async function prepareClinics(
  server: TargetServer,
  planned: readonly PlannedUnit[],
  onUnit: () => void,
): Promise<{ units: UnitOnServer[]; slotIds: SlotIds }> {
  const slotIds = new Map<string, readonly string[]>()
  const prepare = async (plannedUnit: PlannedUnit) => {
    const unit = (await findUnit(server, plannedUnit.name)) ?? (await createUnit(server, plannedUnit.name))
    await createSlots(server, unit, plannedUnit)
    await collectSlotIds(server, unit, plannedUnit, slotIds)
    onUnit()
    return unit
  }
  const units = await pMap(planned, prepare, { concurrency: unitsAtOnce, signal: server.signal })
  return { units, slotIds }
}

async function createUnit(server: TargetServer, name: string): Promise<UnitOnServer> {
  // Idempotency keys derived from the name: two replays that start at once get the same clinic and doctor.
  const key = createHash('sha256').update(name).digest('hex').slice(0, 32)
  const clinic = await callUntilOk(server, `creating the clinic ${name}`, () =>
    server.admin.createClinic({
      body: { name, timezone: replayTimeZone, address: replayAddress },
      headers: { 'Idempotency-Key': `holdfast-replay-clinic-${key}` },
      ...callTimeout(),
    }),
  )
  const doctor = await callUntilOk(server, `creating the doctor of ${name}`, () =>
    server.admin.createDoctor({
      body: { clinicId: clinic.id, name: `Doctor of ${name}`, specialization: 'General practice' },
      headers: { 'Idempotency-Key': `holdfast-replay-doctor-${key}` },
      ...callTimeout(),
    }),
  )
  return { name, clinicId: clinic.id, doctorId: doctor.id, existedBefore: false }
}

async function createSlots(server: TargetServer, unit: UnitOnServer, planned: PlannedUnit): Promise<void> {
  const slots = planned.days.flatMap((day) =>
    day.slots.map(({ startsAt, endsAt, capacity }) => ({
      startsAt: startsAt.toString(),
      endsAt: endsAt.toString(),
      capacity,
    })),
  )
  for (let from = 0; from < slots.length; from += slotsPerRequestMax) {
    const created = await callUntilOk(server, `creating slots of ${unit.name}`, () =>
      server.admin.createSlots({
        path: { doctorId: unit.doctorId },
        body: { slots: slots.slice(from, from + slotsPerRequestMax) },
        ...callTimeout(),
      }),
    )
    if (created.conflicts > 0) throw otherSlots(unit.name)
  }
}

async function collectSlotIds(
  server: TargetServer,
  unit: UnitOnServer,
  planned: PlannedUnit,
  slotIds: Map<string, readonly string[]>,
): Promise<void> {
  const firstDate = planned.days[0]?.date
  const lastDate = planned.days.at(-1)?.date
  if (firstDate === undefined || lastDate === undefined) return
  const byDate = new Map<string, { id: string; startsAt: string; capacity: number }[]>()
  for (
    let from = Temporal.PlainDate.from(firstDate);
    from.toString() <= lastDate;
    from = from.add({ days: listedDaysMax })
  ) {
    const to = from.add({ days: listedDaysMax - 1 })
    for (const slot of await listSlots(server, unit.doctorId, from.toString(), to.toString())) {
      const date = localDateOf(slot.startsAt)
      const ofDate = byDate.get(date)
      if (ofDate === undefined) byDate.set(date, [slot])
      else ofDate.push(slot)
    }
  }
  for (const day of planned.days) {
    const found = byDate.get(day.date) ?? []
    const asPlanned =
      found.length === day.slots.length &&
      day.slots.every(({ startsAt, capacity }, index) => {
        const slot = found[index]
        return slot?.capacity === capacity && startsAt.equals(Temporal.Instant.from(slot.startsAt))
      })
    if (!asPlanned) throw otherSlots(unit.name, day.date)
    slotIds.set(
      dayKey(unit.name, day.date),
      found.map(({ id }) => id),
    )
  }
}

/** The date of an instant in the health units' time zone. */
export function localDateOf(instant: string): string {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(replayTimeZone).toPlainDate().toString()
}

async function listSlots(server: TargetServer, doctorId: string, from: string, to: string) {
  const { items } = await callUntilOk(server, 'listing slots', () =>
    server.guest.listSlots({ path: { doctorId }, query: { from, to }, ...callTimeout() }),
  )
  return items
}

function otherSlots(unit: string, date?: string): CommandRefusal {
  const where = date === undefined ? unit : `${unit} on ${date}`
  return new CommandRefusal(
    `${where} has other slots than this replay needs: an earlier one ran with another file or --capacity. ` +
      'Repeat that one, or use a server with an empty database.',
  )
}
