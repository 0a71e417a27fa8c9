import { retentionDueMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { isLapsed } from '../database/hold-sql.ts'
import type { Directory } from '../model/directory.ts'
import type { Retention } from '../model/retention.ts'

/** How long after a change of the retention nobody is erased, so that it can be undone. */
const graceHours = 24

/**
 * The start of the retention after a change to `months`: a grace period from now if patients will be erased earlier
 * than before, and as it was if not. For an update of the clinic `c`.
 */
export function retentionStart(months: number | undefined): Sql | undefined {
  if (months === undefined) return undefined
  if (months === 0) return sql`null`
  return sql`case when c.patient_data_months = 0 or c.patient_data_months > ${months}::integer
                  then clock_timestamp() + make_interval(hours => ${graceHours})
                  else c.patient_data_erased_from end`
}

/** When a clinic's retention erases whom. */
export function retentionOf(pool: pg.Pool): Pick<Directory, 'retention'> {
  return {
    async retention(clinicNo, { months, messageDays }) {
      const { rows } = await pool.query<Retention & { startsAt: Date | null }>(sql`
        select c.months,
               case when c.months > 0 and c.patient_data_erased_from > clock_timestamp()
                    then c.patient_data_erased_from end as "startsAt",
               (select count(*)::integer
                  from (select from holdfast.slot s join holdfast.booking b on b.slot_id = s.id
                         where c.months > 0 and s.clinic_no = c.no and b.clinic_no = c.no
                           and s.starts_at < clock_timestamp() - make_interval(months => c.months)
                           and b.erased_at is null
                           and (b.status <> 'PENDING' or ${isLapsed})
                         limit ${retentionDueMax}) due) as due,
               c."messageDays",
               (select count(*)::integer
                  from (select from holdfast.message m
                         where m.clinic_no = c.no and m.state <> 'due'
                           and m.created_at < clock_timestamp() - make_interval(days => c."messageDays")
                         limit ${retentionDueMax}) due) as "messagesDue"
          from (select no, patient_data_erased_from, coalesce(${months}::integer, patient_data_months) as months,
                       coalesce(${messageDays}::integer, message_days) as "messageDays"
                  from holdfast.clinic where no = ${clinicNo}) c`)
      const [row] = rows
      if (row === undefined) throw new Error(`There is no clinic ${clinicNo}.`)
      return row
    },
  }
}
