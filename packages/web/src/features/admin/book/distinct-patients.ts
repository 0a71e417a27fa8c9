import type { Booking } from '@holdfast/contract/client'

type Language = NonNullable<Booking['patient']['language']>

/** `language`: that of messages to the patient. */
export type KnownPatient = { name: string; email: string; phone: string; language?: Language }

/** The patients of bookings, each once, those of later bookings first; without erased ones. */
export function distinctPatients(bookings: readonly Pick<Booking, 'patient'>[], countMax: number): KnownPatient[] {
  const known = new Map<string, KnownPatient>()
  for (const { patient } of bookings.toReversed()) {
    const { name, email = '', phone = '', language } = patient
    const key = JSON.stringify([name, email, phone])
    if (name !== '' && !known.has(key))
      known.set(key, { name, email, phone, ...(language == null ? {} : { language }) })
  }
  return [...known.values()].slice(0, countMax)
}
