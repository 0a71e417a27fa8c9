import { createHash } from 'node:crypto'
import pMap from 'p-map'
import { CommandRefusal } from '../command.ts'
import { callTimeout } from '../target/http-outcome.ts'
import { pages } from '../target/pages.ts'
import { callUntilOk, type TargetServer } from '../target/target-server.ts'
import type { CaseRow } from './case-row.ts'
import type { CasesPlan, PlannedBlock } from './plan-cases.ts'

/** The ids of a file's room and of its surgeon on the server, and how long the room is cleaned after a case. */
export type RoomOnServer = { roomId: string; surgeonId: string; turnoverMinutes: number }

/** Marks the clinics of replays, so that a real clinic of the same name is never changed. */
const replayAddress = 'Replayed operating theatre'
const blocksAtOnce = 8
/** The API lists at most 31 days at a time. */
const daysPerListMax = 7

/**
 * The clinic of replays of these rows in this time zone, created if there is none: another run finds what the first one
 * has booked, and another file's cases are not in the way.
 */
export async function replayClinic(server: TargetServer, rows: readonly CaseRow[], timeZone: string): Promise<string> {
  const file = digest(JSON.stringify(rows))
  const name = `Operating theatre ${file}, ${timeZone}`.slice(0, 200)
  const clinics = pages((page) =>
    callUntilOk(server, 'looking for clinics', () =>
      server.admin.listClinics({ query: { q: name.slice(0, 100), ...page }, ...callTimeout() }),
    ),
  )
  for await (const clinic of clinics) {
    const isReplayed = clinic.name === name && clinic.timezone === timeZone && clinic.address === replayAddress
    if (isReplayed) return clinic.id
  }
  const created = await callUntilOk(server, `creating the clinic ${name}`, () =>
    server.admin.createClinic({
      body: { name, timezone: timeZone, address: replayAddress },
      headers: { 'Idempotency-Key': `holdfast-cases-clinic-${digest(`${timeZone} ${file}`)}` },
      ...callTimeout(),
    }),
  )
  return created.id
}

/** @throws CommandRefusal if the clinic does not exist, or is in another time zone than the file's times */
export async function requireClinicIn(server: TargetServer, clinicId: string, timeZone: string): Promise<void> {
  const clinic = await callUntilOk(server, `reading the clinic ${clinicId}`, () =>
    server.admin.getClinic({ path: { clinicId }, ...callTimeout() }),
  )
  if (clinic.timezone !== timeZone) {
    throw new CommandRefusal(
      `the clinic is in the time zone ${clinic.timezone}, and the file's times are in ${timeZone}: send --zone`,
    )
  }
}

/**
 * The rooms of the file, found by their names or created, each with one surgeon: the file names none, and one surgeon
 * for each room adds no conflict to those of the room.
 */
export async function prepareRooms(
  server: TargetServer,
  clinicId: string,
  rooms: readonly string[],
): Promise<Map<string, RoomOnServer>> {
  const path = { clinicId }
  const existing = await callUntilOk(server, 'listing rooms', () => server.admin.listRooms({ path, ...callTimeout() }))
  const staff = await callUntilOk(server, 'listing staff', () =>
    server.admin.listTheatreStaff({ path, ...callTimeout() }),
  )
  const prepared = new Map<string, RoomOnServer>()
  for (const room of rooms) {
    const name = `Room ${room}`
    const surgeon = `Surgeon of room ${room}`
    const found = existing.items.find((one) => one.name === name && one.active)
    const known = staff.items.find((one) => one.name === surgeon && one.profession === 'surgeon' && one.active)
    const key = digest(`${clinicId} ${room}`)
    const created =
      found ??
      (await callUntilOk(server, `creating the room ${name}`, () =>
        server.admin.createRoom({
          path,
          body: { name },
          headers: { 'Idempotency-Key': `holdfast-cases-room-${key}` },
          ...callTimeout(),
        }),
      ))
    const person =
      known ??
      (await callUntilOk(server, `creating the surgeon of ${name}`, () =>
        server.admin.createTheatreStaff({
          path,
          body: { name: surgeon, profession: 'surgeon' },
          headers: { 'Idempotency-Key': `holdfast-cases-surgeon-${key}` },
          ...callTimeout(),
        }),
      ))
    const { id: roomId, turnoverMinutes } = created
    prepared.set(room, { roomId, surgeonId: person.id, turnoverMinutes })
  }
  return prepared
}

/**
 * Creates the blocks. One that exists is left as it is, and so is one that another block is in the way of.
 *
 * @returns those that this run or an earlier one has created
 */
export async function prepareBlocks(
  server: TargetServer,
  clinicId: string,
  blocks: readonly PlannedBlock[],
  rooms: ReadonlyMap<string, RoomOnServer>,
  onBlock: () => void,
): Promise<PlannedBlock[]> {
  const create = async (block: PlannedBlock) => {
    const { room, from, to, minutes } = block
    const roomId = rooms.get(room)?.roomId
    if (roomId === undefined) throw new Error(`Room ${room} was not prepared.`)
    const { items } = await callUntilOk(server, `creating a block of room ${room}`, () =>
      server.admin.createBlocks({
        path: { clinicId },
        body: { roomId, from: from.toString(), to: to.toString(), minutes },
        ...callTimeout(),
      }),
    )
    onBlock()
    return items.some(({ outcome, blockId }) => outcome !== 'conflict' && blockId !== null) ? [block] : []
  }
  return (await pMap(blocks, create, { concurrency: blocksAtOnce, signal: server.signal })).flat()
}

/** The cases that an earlier run has booked, by their ids in the file. */
export async function earlierCases(
  server: TargetServer,
  clinicId: string,
  { firstDate, lastDate }: Pick<CasesPlan, 'firstDate' | 'lastDate'>,
): Promise<Map<string, string>> {
  const earlier = new Map<string, string>()
  let from = Temporal.PlainDate.from(firstDate)
  while (from.toString() <= lastDate) {
    const query = { from: from.toString(), to: from.add({ days: daysPerListMax - 1 }).toString() }
    const cases = pages((page) =>
      callUntilOk(server, 'listing cases', () =>
        server.admin.listCases({ path: { clinicId }, query: { ...query, ...page }, ...callTimeout() }),
      ),
    )
    for await (const { id, patient } of cases) {
      const caseId = caseIdOf(patient?.mrn)
      if (caseId !== null) earlier.set(caseId, id)
    }
    from = from.add({ days: daysPerListMax })
  }
  return earlier
}

const recordPrefix = 'case-'

/** The file has no patients: each case gets one, whom no record number of the hospital can be mistaken for. */
export function patientOf(caseId: string): { mrn: string; name: string } {
  return { mrn: `${recordPrefix}${caseId}`, name: `Patient of case ${caseId}` }
}

function caseIdOf(mrn: string | undefined): string | null {
  return mrn?.startsWith(recordPrefix) ? mrn.slice(recordPrefix.length) : null
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
