import {
  clinicNoOf,
  type Engine,
  expandSlotRule,
  type NewDoctor,
  type SlotDraft,
  type SlotRule,
} from '@holdfast/engine'
import { addDays, localDay } from '@holdfast/vocabulary'
import { addDemoVisits } from './demo-visits.ts'

/** A fictional group practice to try Holdfast with. */
const clinic = {
  name: 'Harbour Street Medical Practice',
  timezone: 'Europe/London',
  address: '12 Harbour Street, Whitstable CT5 1AQ',
  phone: '+44 1632 960 471',
  settings: {},
}

type DemoEngine = Pick<Engine, 'directory' | 'createSlots' | 'sessions'>

type DemoDoctor = NewDoctor & {
  videoRoom?: string
  hours: Pick<SlotRule, 'weekdays' | 'startTime' | 'endTime' | 'slotMinutes' | 'breaks' | 'capacity'>[]
}

/** A public service that opens a room for anyone who has its name. Each visit gets a unique name. */
const videoRoom = 'https://meet.jit.si/harbour-street-{room}'

const lunch = [{ startTime: '12:30', endTime: '13:30' }]
const weekdays = [1, 2, 3, 4, 5]

const doctors: DemoDoctor[] = [
  {
    name: 'Dr Amara Okafor',
    specialization: 'General practice',
    experienceYears: 14,
    rating: 4.8,
    languages: ['en', 'ig'],
    fee: { amount: 6500, currency: 'GBP' },
    appointmentTypes: ['in_person', 'video'],
    videoRoom,
    hours: [{ weekdays, startTime: '08:30', endTime: '17:00', slotMinutes: 15, breaks: lunch, capacity: 1 }],
  },
  {
    name: 'Dr Tomasz Zieliński',
    specialization: 'General practice',
    experienceYears: 6,
    rating: 4.6,
    languages: ['en', 'pl'],
    fee: { amount: 6000, currency: 'GBP' },
    appointmentTypes: ['in_person', 'video'],
    hours: [
      { weekdays: [1, 2, 4], startTime: '10:00', endTime: '18:30', slotMinutes: 15, breaks: lunch, capacity: 1 },
      { weekdays: [6], startTime: '09:00', endTime: '12:00', slotMinutes: 15, breaks: [], capacity: 1 },
    ],
  },
  {
    name: 'Dr Leila Haddad',
    specialization: 'Dermatology',
    experienceYears: 11,
    rating: 4.9,
    languages: ['en', 'ar', 'fr'],
    fee: { amount: 12000, currency: 'GBP' },
    appointmentTypes: ['in_person'],
    hours: [{ weekdays: [2, 3], startTime: '09:00', endTime: '16:00', slotMinutes: 20, breaks: lunch, capacity: 1 }],
  },
  {
    name: 'Dr Henrik Solberg',
    specialization: 'Cardiology',
    experienceYears: 22,
    rating: 4.7,
    languages: ['en', 'nb'],
    fee: { amount: 15000, currency: 'GBP' },
    appointmentTypes: ['in_person', 'video'],
    hours: [{ weekdays: [1, 4], startTime: '13:00', endTime: '17:30', slotMinutes: 30, breaks: [], capacity: 1 }],
  },
  {
    name: 'Dr Grace Whitcombe',
    specialization: 'Paediatrics',
    experienceYears: 17,
    rating: 4.9,
    languages: ['en'],
    fee: { amount: 8500, currency: 'GBP' },
    appointmentTypes: ['in_person', 'video'],
    videoRoom,
    hours: [{ weekdays: [1, 3, 5], startTime: '08:30', endTime: '15:30', slotMinutes: 20, breaks: lunch, capacity: 1 }],
  },
  {
    name: 'Ravi Menon',
    specialization: 'Physiotherapy',
    experienceYears: 9,
    rating: 4.5,
    languages: ['en', 'ml', 'hi'],
    fee: { amount: 4500, currency: 'GBP' },
    appointmentTypes: ['in_person'],
    hours: [
      { weekdays, startTime: '09:00', endTime: '16:00', slotMinutes: 40, breaks: lunch, capacity: 1 },
      // A back class in the gym.
      { weekdays: [2, 4], startTime: '17:00', endTime: '18:00', slotMinutes: 60, breaks: [], capacity: 8 },
    ],
  },
]

const daysAhead = 14
/** Slots that have begun cannot be created or booked: they are created so much later, and set back afterwards. */
const aheadMs = 28 * 86_400_000

/** A slot of today that has begun, and its true start and end. */
export type BegunSlot = { slotId: string; startsAt: Date; endsAt: Date }

/** For each doctor with slots: the bookable slots of the first seven days, and today's that have begun. */
export type DemoClinic = { id: string; week: { doctorId: string; slotIds: string[]; begun: BegunSlot[] }[] }

/**
 * Creates the demo clinic with its doctors, and two weeks of slots and open sessions from `now` on.
 *
 * @param withBegun also today's slots that have begun, for the caller to set back
 */
export async function createDemoClinic(
  engines: { engine: Pick<Engine, 'directory'>; engineOf(clinicNo: number): DemoEngine },
  { now, withBegun }: { now: Date; withBegun: boolean },
): Promise<DemoClinic> {
  const created = await engines.engine.directory.createClinic(clinic, null)
  if (created.kind === 'key_reused') throw new Error('A write without a key cannot reuse one.')
  const { id } = created.value
  const clinicNo = clinicNoOf(id)
  const engine = engines.engineOf(clinicNo)
  const week: DemoClinic['week'] = []
  for (const doctor of doctors) week.push(await createDemoDoctor(engine, clinicNo, doctor, { now, withBegun }))
  await addDemoVisits(engine, clinicNo, { now, days: daysAhead, timezone: clinic.timezone })
  return { id, week }
}

async function createDemoDoctor(
  engine: DemoEngine,
  clinicNo: number,
  { hours, videoRoom: room, ...doctor }: DemoDoctor,
  { now, withBegun }: { now: Date; withBegun: boolean },
): Promise<DemoClinic['week'][number]> {
  const created = await engine.directory.createDoctor(clinicNo, doctor, null)
  if (created.kind === 'key_reused') throw new Error('A write without a key cannot reuse one.')
  const doctorId = created.value.id
  if (room !== undefined) await engine.directory.setVideoRoom(doctorId, room)
  const from = localDay(now, clinic.timezone)
  const to = addDays(from, daysAhead - 1)
  const weekEnd = new Date(now.getTime() + 7 * 86_400_000)
  const slotIds: string[] = []
  const begun: BegunSlot[] = []
  for (const pattern of hours) {
    const expanded = expandSlotRule({ from, to, ...pattern }, clinic.timezone, now)
    if (expanded.kind !== 'expanded') throw new Error(`The demo's rule is wrong: ${JSON.stringify(expanded)}`)
    const planned = expanded.drafts.filter(({ startsAt }) => withBegun || startsAt > now)
    const drafts = planned.map((draft) => (draft.startsAt > now ? draft : movedBy(draft, aheadMs)))
    if (drafts.length === 0) continue
    const { items } = await engine.createSlots({ doctorId, drafts, dryRun: false })
    for (const [no, { startsAt, endsAt }] of planned.entries()) {
      const slotId = items[no]?.slotId ?? null
      if (slotId === null) continue
      if (startsAt <= now) begun.push({ slotId, startsAt, endsAt })
      else if (startsAt < weekEnd) slotIds.push(slotId)
    }
  }
  return { doctorId, slotIds, begun }
}

function movedBy(draft: SlotDraft, ms: number): SlotDraft {
  const moved = (at: Date) => new Date(at.getTime() + ms)
  return { ...draft, startsAt: moved(draft.startsAt), endsAt: moved(draft.endsAt) }
}
