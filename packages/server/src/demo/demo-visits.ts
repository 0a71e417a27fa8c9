import { type Engine, expandSlotRule, type NewDoctor, type NewVisitType, type SlotRule } from '@holdfast/engine'
import { addDays, localDay, visitTypeDefaults } from '@holdfast/vocabulary'

type VisitsEngine = Pick<Engine, 'directory' | 'sessions'>

const nurse: NewDoctor = {
  name: 'Joan Adeyemi',
  specialization: 'Practice nursing',
  experienceYears: 19,
  rating: 4.9,
  languages: ['en', 'yo'],
  fee: null,
  appointmentTypes: ['in_person', 'video'],
}

const gbp = (amount: number) => ({ amount, currency: 'GBP' })

/** In the order of lists. */
const visitTypes: (Pick<NewVisitType, 'name' | 'minutes'> & Partial<NewVisitType>)[] = [
  {
    name: 'Blood sample',
    names: { de: 'Blutabnahme', ar: 'أخذ عينة دم' },
    minutes: 10,
    fee: gbp(1_500),
    combinable: true,
    preparation: 'Please come fasting: eat nothing for eight hours before. Water is fine.',
    color: 'red',
  },
  {
    name: 'Vaccination',
    names: { de: 'Impfung', ar: 'تطعيم' },
    minutes: 10,
    bufferAfterMinutes: 5,
    fee: gbp(2_500),
    combinable: true,
    preparation: 'Please bring your vaccination record.',
    color: 'green',
  },
  {
    name: 'First appointment for diabetes care',
    names: { de: 'Ersttermin Diabetesberatung', ar: 'موعد أول لرعاية السكري' },
    minutes: 40,
    bufferAfterMinutes: 10,
    fee: gbp(6_000),
    appointmentTypes: ['in_person', 'video'],
    color: 'blue',
  },
  {
    name: 'Wound care',
    names: { de: 'Wundversorgung', ar: 'العناية بالجروح' },
    minutes: 20,
    bufferAfterMinutes: 10,
    bookableBy: 'desk',
    color: 'orange',
  },
]

const hours: Pick<SlotRule, 'weekdays' | 'startTime' | 'endTime' | 'slotMinutes'>[] = [
  { weekdays: [1, 2, 3, 4, 5], startTime: '08:00', endTime: '12:00', slotMinutes: 240 },
  { weekdays: [1, 3], startTime: '14:00', endTime: '17:00', slotMinutes: 180 },
]

/** Adds a nurse to the demo clinic, who is booked by visit types in open sessions, on these days from `now` on. */
export async function addDemoVisits(
  engine: VisitsEngine,
  clinicNo: number,
  { now, days, timezone }: { now: Date; days: number; timezone: string },
): Promise<void> {
  const created = await engine.directory.createDoctor(clinicNo, nurse, null)
  if (created.kind === 'key_reused') throw new Error('A write without a key cannot reuse one.')
  const { id: doctorId } = created.value
  const doctors = [{ doctorId, minutes: null, bufferBeforeMinutes: null, bufferAfterMinutes: null, fee: null }]
  for (const [position, visitType] of visitTypes.entries()) {
    await engine.directory.createVisitType(clinicNo, { ...visitTypeDefaults, ...visitType, position, doctors }, null)
  }
  const from = localDay(now, timezone)
  const drafts = hours.flatMap((pattern) => {
    const rule = { from, to: addDays(from, days - 1), breaks: [], capacity: 1, ...pattern }
    const expanded = expandSlotRule(rule, timezone, now)
    if (expanded.kind !== 'expanded') throw new Error(`The demo's rule is wrong: ${JSON.stringify(expanded)}`)
    return expanded.drafts.filter(({ endsAt }) => endsAt > now)
  })
  await engine.sessions.create({ doctorId, drafts, gridMinutes: 10, visitTypeIds: null })
}
