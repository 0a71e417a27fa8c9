import type { Patient } from '@holdfast/engine'

const firstNames = [
  'Aisha',
  'Ben',
  'Chloe',
  'Daniel',
  'Ewa',
  'Fatima',
  'George',
  'Hannah',
  'Ibrahim',
  'Jasmine',
  'Kofi',
  'Lucy',
  'Marek',
  'Nadia',
  'Oliver',
  'Priya',
  'Rosie',
  'Samuel',
  'Tariq',
  'Yusuf',
]

const lastNames = [
  'Adeyemi',
  'Bennett',
  'Clarke',
  'Dunne',
  'Evans',
  'Farouk',
  'Gallagher',
  'Hussain',
  'Iqbal',
  'Jones',
  'Kowalska',
  'Lindqvist',
  'Mensah',
  'Novak',
  'O’Brien',
  'Patel',
  'Quinn',
  'Rahman',
  'Sharma',
  'Wright',
]

const reasons = [
  'Annual check-up',
  'Repeat prescription',
  'Back pain',
  'Rash on the arm',
  'Test results',
  'Vaccination',
  'Cough for two weeks',
  'Follow-up',
]

/** Half of the patients give a reason. */
export function demoReason(no: number): string | null {
  return no % 2 === 0 ? (reasons[(no / 2) % reasons.length] ?? null) : null
}

/** An invented person. E-mail addresses and phone numbers are of ranges that nobody has (RFC 2606, Ofcom). */
export function demoPatient(no: number): Required<Omit<Patient, 'language'>> {
  const first = firstNames[no % firstNames.length] ?? ''
  // Every pair comes once in 400 patients.
  const last = lastNames[(no + Math.floor(no / firstNames.length)) % lastNames.length] ?? ''
  return {
    name: `${first} ${last}`,
    email: `${first}.${last}@example.org`.toLowerCase().replaceAll('’', ''),
    phone: `+44 1632 960 ${String(no % 1_000).padStart(3, '0')}`,
  }
}
