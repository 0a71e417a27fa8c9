import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import type { PatientContact } from '../model/erasure.ts'
import { digitsOf, samePhone } from './same-phone.ts'

/**
 * Bookings or waitlist entries `b`: the condition finds all of a patient's, and maybe others, whose telephone number
 * does not match.
 */
export type PatientSearch = { condition: Sql; matches: (phone: string | null) => boolean }

/** The shortest national numbers have four digits. So many are the same at the end of all spellings of a number. */
const lastDigits = 4

/** E-mail addresses are compared without case, telephone numbers by {@link samePhone}. */
export async function searchForPatient(
  pool: pg.Pool,
  clinicNo: number,
  patient: PatientContact,
): Promise<PatientSearch> {
  const matches = () => true
  if ('accountId' in patient) return { condition: sql`b.account_id = ${patient.accountId}`, matches }
  if ('email' in patient) {
    return { condition: sql`lower(b.patient->>'email') = lower(${patient.email.trim()})`, matches }
  }
  const { phone } = patient
  const country = await phoneCountry(pool, clinicNo)
  return {
    condition: sql`
      right(regexp_replace(translate(b.patient->>'phone', '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９',
                                     '012345678901234567890123456789'), '[^0-9]', '', 'g'), ${lastDigits})
        = ${digitsOf(phone).slice(-lastDigits)}`,
    matches: (other) => other !== null && samePhone(phone, other, country),
  }
}

async function phoneCountry(pool: pg.Pool, clinicNo: number): Promise<string | null> {
  const { rows } = await pool.query<{ country: string | null }>(sql`
    select phone_country as country from holdfast.message_settings where clinic_no = ${clinicNo}`)
  return rows[0]?.country ?? null
}
