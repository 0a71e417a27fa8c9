import type { Booking, PatientRecord } from '@holdfast/contract/client'
import { messageLanguages } from '@holdfast/vocabulary'

type Language = NonNullable<Booking['patient']['language']>

/** What the desk compares before it chooses a record, and then has to provide for. */
export type KnownRecord = Pick<
  PatientRecord,
  'id' | 'name' | 'email' | 'phone' | 'birthDate' | 'flags' | 'language' | 'guardians'
>

/** `language`: that of messages to the patient. `record`: the booking will be linked to it. */
export type KnownPatient = { name: string; email: string; phone: string; language?: Language; record?: KnownRecord }

/** As the server books for a record: with the contacts of the guardian who gets the messages. */
export function patientOfRecord(record: KnownRecord): KnownPatient {
  const language = messageLanguages.find((one) => record.language?.split('-')[0] === one)
  const { email, phone } = record.guardians.find(({ getsMessages }) => getsMessages) ?? record
  return {
    name: record.name,
    email: email ?? '',
    phone: phone ?? '',
    ...(language && { language }),
    record,
  }
}

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
