import { signIn } from '@holdfast/server/test/running-server'
import type { Ending } from '../cluster/ending.ts'
import { bookByServer } from '../load/book-by-server.ts'
import { BookingLoad } from '../load/booking-load.ts'
import { SceneApi, type SceneSlot } from './server-scene.ts'
import { superviseServer } from './supervised-server.ts'

/** Bookings/s by one server, in turn. */
export type Speeds = { citus: number[]; plain: number[]; ratio: number }

type Options = {
  plainUrl: string
  servers: readonly string[]
  slots: readonly SceneSlot[]
  /** In each round on each database. */
  bookings: number
  settings: Record<string, string>
  directory: string
  say(line: string): void
}

const clients = 128
const rounds = 5
const administrator = { email: 'admin@example.org', password: 'correct horse battery' }

/** Books on Citus and on plain PostgreSQL in turn, by one server of the same settings, in as many clinics and slots. */
export async function compareSpeed(options: Options, ending: Ending): Promise<Speeds> {
  const { plainUrl, servers, slots, bookings, settings, directory, say } = options
  const plain = await superviseServer('plain', directory, { DATABASE_URL: plainUrl, ...settings }, ending)
  const plainSlots = await plainClinics(new SceneApi(plain.url, await signIn(plain.url, administrator)), slots)
  const sides = {
    citus: bookByServer(servers[0] ?? '', clients),
    plain: bookByServer(plain.url, clients),
  }
  const loads = {
    citus: new BookingLoad(
      sides.citus.bookPlace,
      slots.map(({ id }) => id),
      clients,
    ),
    plain: new BookingLoad(sides.plain.bookPlace, plainSlots, clients),
  }
  const speeds: Speeds = { citus: [], plain: [], ratio: 0 }
  for (const load of Object.values(loads)) await load.book(Math.ceil(bookings / 4))
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? (['citus', 'plain'] as const) : (['plain', 'citus'] as const)) {
      speeds[side].push(Math.round(await loads[side].book(bookings)))
    }
    say(`bookings/s on Citus ${speeds.citus.at(-1)}, on plain PostgreSQL ${speeds.plain.at(-1)}`)
  }
  for (const side of Object.values(sides)) side.close()
  for (const { refused } of Object.values(loads)) {
    if (Object.keys(refused).length > 0) say(`refused: ${JSON.stringify(refused)}`)
  }
  return { ...speeds, ratio: Math.round((100 * median(speeds.citus)) / median(speeds.plain)) / 100 }
}

async function plainClinics(api: SceneApi, slots: readonly SceneSlot[]): Promise<string[]> {
  const ids: string[] = []
  const clinics = new Set(slots.map(({ clinicNo }) => clinicNo))
  for (const no of clinics) {
    const { id } = await api.createClinic(`Clinic ${no}`)
    const count = slots.filter(({ clinicNo }) => clinicNo === no).length
    ids.push(...(await api.createSlots(await api.createDoctor(id, `Doctor ${no}`), count)))
  }
  return ids
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}
