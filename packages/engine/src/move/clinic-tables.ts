import type pg from 'pg'
import { type MovedTable, readTables, tableName } from './moved-tables.ts'

/** A table with rows of clinics. `of`: the condition that a row is of the clinic with this number. */
export type ClinicTable = MovedTable & {
  of: (clinicNo: number) => string
  /** Changes of its rows are refused while their clinic is moved. */
  isRefused: boolean
  /** Rows are added later by the requests that they record: never refused, and copied at the end. */
  isLate: boolean
  /** Jobs write into it what the log says. */
  isOutbox: boolean
  /** Its rows are numbered in the order of the log. */
  isLog: boolean
  /** Its rows are not copied: a trigger of the table that they are derived from writes them. */
  isDerived: boolean
}

const outboxes = new Set(['message', 'message_budget', 'webhook', 'webhook_delivery'])
const derived = new Set(['patient_identifier', 'external_id'])
const logs = new Set(['booking_event', 'late_event', 'directory_change'])

/** The conditions for a clinic's rows in tables without the column clinic_no. */
const conditions: Readonly<Record<string, (clinicNo: number) => string>> = {
  clinic: (clinicNo) => `no = ${clinicNo}`,
  calendar_feed: (clinicNo) => `kind <> 'account' and holdfast.clinic_no_of(subject_id) = ${clinicNo}`,
}

/** The response to a write is stored after it: repeated without it, the write finds what it has written. */
const unrefused = new Set(['answer', 'audit_event'])
const late = new Set(['audit_event'])

/** Tables that are not moved, with the reason. */
export const otherTables: Readonly<Record<string, string>> = {
  account_clinic: 'of the directory',
  account_person: 'of the directory',
  clinic_shard: 'of the directory',
  shard: 'of the directory',
  message_choice: 'of the directory',
  verified_account: 'of the directory',
  account_mail: 'what is not sent yet is sent by the database that it is in',
  archived_month: 'a clinic of archived months is not moved',
  archived_row: 'a clinic of archived months is not moved',
  audit_chain: 'of the database: the chain goes on here when the clinic returns',
  audit_retention: 'of the database',
  function_file: 'of the database',
  log_epoch: 'of the database',
  log_receiver: 'of the database',
  migration: 'of the database',
  moving_clinic: 'of the move',
  arrived_clinic: 'of the move',
  setting: 'of the database',
  site_administrator: 'each database has them',
  specialization: 'added where it is missing',
  upkeep_result: 'of the database',
  work_result: 'of the database',
}

/**
 * The tables with rows of clinics, in an order in which each comes after those that it refers to.
 *
 * @throws Error for a table of which it is not known whether it has such rows
 */
export async function clinicTables(client: pg.Client): Promise<ClinicTable[]> {
  const tables = await readTables(client, ['holdfast'])
  return tables
    .filter(({ name }) => !(name in otherTables))
    .map((table) => {
      const { name, columns } = table
      const condition = conditions[name]
      if (condition === undefined && !columns.includes('clinic_no')) {
        throw new Error(`It is not known which rows of ${tableName(table)} are of a clinic.`)
      }
      return {
        ...table,
        of: condition ?? ((clinicNo: number) => `clinic_no = ${clinicNo}`),
        isRefused: !unrefused.has(name),
        isLate: late.has(name),
        isOutbox: outboxes.has(name),
        isLog: logs.has(name),
        isDerived: derived.has(name),
      }
    })
}
