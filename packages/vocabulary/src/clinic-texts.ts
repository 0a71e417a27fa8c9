import { lengths } from './limits.ts'

/** A text of a clinic that everybody reads, and that a clinic can lack. Its column has its name in snake case. */
export type ClinicText = {
  kind: 'line' | 'phone'
  /** In characters. */
  max: number
}

/**
 * The texts of a clinic, in the order of the site's form. The API, the import, the forms and the security log follow
 * from these rows; a test compares them with the checks of the table.
 */
export const clinicTexts = {
  address: { kind: 'line', max: lengths.address },
  phone: { kind: 'phone', max: lengths.phone },
} as const satisfies Record<string, ClinicText>

export type ClinicTextName = keyof typeof clinicTexts
export type ClinicTexts = Record<ClinicTextName, string | null>

export const clinicTextNames = Object.keys(clinicTexts) as ClinicTextName[]

/** An object with a value for each text. */
export function eachClinicText<Value>(of: (name: ClinicTextName) => Value): Record<ClinicTextName, Value> {
  const values = clinicTextNames.map((name) => [name, of(name)])
  return Object.fromEntries(values) as Record<ClinicTextName, Value>
}
