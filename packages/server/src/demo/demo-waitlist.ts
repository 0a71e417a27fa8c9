import type { Engine, NewWaitlistEntry } from '@holdfast/engine'
import { demoPatient } from './demo-patients.ts'

const zone = 'Europe/London'
const daysAhead = 28

type Wish = Partial<Pick<NewWaitlistEntry, 'weekdays' | 'timeTo' | 'urgency'>> & { specialization: string }

/** Times at which nobody of the specialization works: nothing is offered to these. */
const wishes: readonly Wish[] = [
  { specialization: 'Dermatology', weekdays: [1, 5], urgency: 'soon' },
  { specialization: 'Cardiology', timeTo: '12:00', urgency: 'urgent' },
  { specialization: 'Physiotherapy', weekdays: [6, 7] },
  { specialization: 'General practice', timeTo: '08:00' },
]

/** People who wait for a time. */
export async function fillDemoWaitlist(engine: Pick<Engine, 'waitlist'>, clinicNo: number, now: Date): Promise<void> {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate()
  for (const [no, { specialization, weekdays = null, timeTo = null, urgency = 'routine' }] of wishes.entries()) {
    const entry: NewWaitlistEntry = {
      clinicNo,
      doctorId: null,
      specialization,
      from: today.toString(),
      to: today.add({ days: daysAhead }).toString(),
      weekdays,
      visitTypeId: null,
      timeFrom: null,
      timeTo,
      units: 1,
      urgency,
      patient: demoPatient(360 + no),
      accountId: null,
      joinedBy: null,
      accountEmail: null,
      emailAccountId: null,
      origins: [],
      isLimited: false,
    }
    await engine.waitlist.join(entry, null)
  }
}
