import type { createHoldfastClient } from '@holdfast/contract/client'

type Client = ReturnType<typeof createHoldfastClient>

/** Creates the record of a booking's patient, and others. @returns the path of its page */
export async function createPatient(admin: Client, clinicId: string, bookingId: string): Promise<string> {
  const path = { clinicId }
  const { data: record } = await admin.createPatient({
    path,
    body: {
      name: 'Grace Hopper',
      mrn: 'MRN 2041',
      birthDate: '1968-12-09',
      sex: 'female',
      phone: '+44 20 7946 0958',
      email: 'grace@example.org',
      address: '12 Harbour Street\nLondon SE1',
      language: 'es',
      flags: ['Interpreter', 'Wheelchair'],
      notes: 'Prefers mornings. Her daughter comes with her.',
      identifiers: [{ system: 'NHS number', value: '943 476 5919' }],
    },
  })
  const patientId = record?.id ?? ''
  for (const name of ['Fatima Al-Zahra', 'Jürgen Groß']) await admin.createPatient({ path, body: { name } })
  await admin.linkBookingToPatient({ path: { clinicId, bookingId }, body: { patientId } })
  return `/clinic/${clinicId}/patients/${patientId}`
}
