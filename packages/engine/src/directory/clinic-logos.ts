import type pg from 'pg'
import sql from 'sql-template-tag'
import { type AnnouncedTransaction, announceRepeat } from '../database/announced-transaction.ts'
import { assignments, insertion } from '../database/columns-sql.ts'
import type { ClinicLogo } from '../model/clinic.ts'
import type { Announce } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'

/** The clinics' logos: plain reads and writes. */
export function clinicLogosOf(
  pool: pg.Pool,
  write: AnnouncedTransaction,
  announce: Announce,
): Pick<Directory, 'logo' | 'setLogo' | 'removeLogo'> {
  return {
    logo: (clinicNo) => readLogo(pool, clinicNo),

    async setLogo(clinicNo, { mediaType, image, width, height, digest }) {
      const columns = { media_type: mediaType, image, width, height, digest, updated_at: sql`now()` }
      await write((transaction) =>
        transaction.query(sql`
          insert into holdfast.clinic_logo ${insertion({ clinic_no: clinicNo, ...columns })}
          on conflict (clinic_no) do update set ${assignments(columns)}`),
      )
    },

    async removeLogo(clinicNo) {
      const { rowCount } = await write((transaction) =>
        transaction.query(sql`delete from holdfast.clinic_logo where clinic_no = ${clinicNo}`),
      )
      if (rowCount === 0) announceRepeat(announce, { clinicNos: [clinicNo] })
    },
  }
}

/** null: the clinic has none. */
export async function readLogo(pool: pg.Pool, clinicNo: number): Promise<ClinicLogo | null> {
  const { rows } = await pool.query<ClinicLogo>(sql`
    select media_type as "mediaType", image, width, height, digest
      from holdfast.clinic_logo where clinic_no = ${clinicNo}`)
  return rows[0] ?? null
}
