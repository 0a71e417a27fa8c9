/** Where the rows of a table are, when the tables are distributed over the nodes of Citus. */
export type TableKind =
  /** Distributed by the clinic's number. A shard's schema has a view onto the table's shard. */
  | 'distributed'
  /** Written on the coordinator, with a copy on each node. A shard has a view that takes no writes. */
  | 'reference'
  /**
   * Each shard stores its own rows: those of its clinics, if the rows are of clinics (`clinics-of-own-rows.ts` says so
   * of each table), while the coordinator stores the rest; else each shard has all of them, and the coordinator none.
   */
  | 'own'
  /** The coordinator's alone: secrets, and what is about accounts. In a shard, statements that name it fail. */
  | 'coordinator'
  /** What was applied to a schema, so that each has its own. Written by `writeShardSchema`. */
  | 'ledger'

/** A new table gets its kind here. */
const kinds = {
  account_clinic: 'coordinator',
  account_mail: 'own',
  allocation: 'distributed',
  answer: 'own',
  archived_month: 'own',
  archived_row: 'distributed',
  audit_event: 'distributed',
  audit_retention: 'reference',
  block: 'distributed',
  block_filling: 'distributed',
  booking: 'distributed',
  booking_event: 'distributed',
  booking_origin: 'distributed',
  busy_calendar: 'distributed',
  calendar_feed: 'own',
  case_milestone: 'distributed',
  case_request: 'distributed',
  clinic: 'distributed',
  clinic_logo: 'distributed',
  directory_change: 'distributed',
  erased_booking: 'distributed',
  erasure: 'distributed',
  function_file: 'ledger',
  idempotency: 'distributed',
  invitation: 'distributed',
  late_event: 'distributed',
  log_epoch: 'own',
  log_receiver: 'own',
  manage_token: 'distributed',
  membership: 'distributed',
  message: 'distributed',
  message_budget: 'distributed',
  message_choice: 'coordinator',
  message_settings: 'distributed',
  migration: 'ledger',
  reminder_opt_out: 'distributed',
  resource: 'distributed',
  retention_progress: 'distributed',
  setting: 'coordinator',
  site_administrator: 'reference',
  slot: 'distributed',
  specialization: 'own',
  theatre_case: 'distributed',
  theatre_patient: 'distributed',
  upkeep_result: 'coordinator',
  verified_account: 'coordinator',
  waitlist_entry: 'distributed',
  waitlist_offer: 'distributed',
  waitlist_origin: 'distributed',
  webhook: 'distributed',
  webhook_delivery: 'distributed',
} as const satisfies Record<string, TableKind>

/**
 * All tables.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 */
export const tableKinds: Readonly<Record<string, TableKind>> = kinds

/** The tables of the kind `own`. */
export type OwnTable = {
  [Name in keyof typeof kinds]: (typeof kinds)[Name] extends 'own' ? Name : never
}[keyof typeof kinds]

/** When a migration drops a table, move its line here: earlier migrations still name it. */
const formerTableKinds: Readonly<Record<string, TableKind>> = {}

/** @throws TypeError for a table that has none */
export function kindOf(table: string): TableKind {
  const kind = tableKinds[table] ?? formerTableKinds[table]
  if (kind === undefined)
    throw new TypeError(`The table holdfast.${table} has no kind in shards/tables/table-kinds.ts.`)
  return kind
}

/** The names of the tables of a kind. */
export function tablesOfKind(kind: TableKind): string[] {
  return Object.keys(tableKinds).filter((name) => tableKinds[name] === kind)
}
