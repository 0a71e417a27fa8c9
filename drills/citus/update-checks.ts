type Queryable = { query(text: string): Promise<{ rows: Record<string, unknown>[] }> }

/** What has to be true after an update, as statements that return one boolean. */
export type UpdateChecks = Readonly<Record<string, string>>

const hasColumn = (table: string, column: string) => `exists (
  select from pg_attribute
   where attrelid = 'holdfast.${table}'::regclass and attname = '${column}' and not attisdropped)`

/** In each shard, after the update to the first of the releases. */
export const checksOfFirst: UpdateChecks = {
  'a column of a distributed table': 'select bool_and(drill_level = 3) from holdfast.clinic',
  'a column of a partitioned table': 'select count(drill_at) = 0 from holdfast.booking',
  'a column of a reference table': 'select count(drill_role) = 0 from holdfast.site_administrator',
  'a column of an own table, and its rows': `
    select count(*) filter (where drill_count = 2) > 0 and bool_and(drill_count in (1, 2)) from holdfast.answer`,
  'a new own table': `select array_agg(name) = '{of the migration}' from holdfast.drill_own`,
  'a new distributed table, and its rows': `
    select count(*) > 0 and count(*) = (select count(*) from holdfast.resource where kind = 'doctor')
      from holdfast.drill_visit`,
  'a new reference table': 'select count(*) = 2 from holdfast.drill_country',
  'a view': 'select count(*) >= 0 from holdfast.drill_noted',
  'a function of a new type': `
    select bool_and((holdfast.drill_total(no)).n > 0) from holdfast.clinic c
     where exists (select from holdfast.resource r where r.clinic_no = c.no and r.kind = 'doctor')`,
  'what is granted': `
    select has_function_privilege('holdfast_app', 'holdfast.drill_total(integer)', 'execute')
       and has_table_privilege('holdfast_app', 'holdfast.drill_visit', 'select')`,
  'the function of a check': `
    select prosrc like '%Of the next release%' from pg_proc where oid = 'holdfast.clinic_no_of'::regproc`,
  'the ledger': 'select max(version) = 9009 from holdfast.migration',
}

/** The same after the second, which removes and changes what the first has added. */
export const checksOfSecond: UpdateChecks = {
  'the dropped columns': `
    select not ${hasColumn('slot', 'drill_note')} and not ${hasColumn('answer', 'drill_count')}
       and not ${hasColumn('drill_visit', 'note')} and ${hasColumn('drill_visit', 'remark')}`,
  'the dropped tables': `
    select coalesce(to_regclass('holdfast.drill_own'), to_regclass('holdfast.drill_country'),
                    to_regclass('holdfast.drill_secret'), to_regclass('holdfast.drill_noted')) is null`,
  'the dropped functions': `
    select to_regproc('holdfast.drill_note') is null and to_regproc('holdfast.drill_total') is null`,
  'a function of the changed type': `
    select bool_and((holdfast.drill_sum(no)).at = '2026-01-01') from holdfast.clinic`,
  'the ledger': 'select max(version) = 9104 from holdfast.migration',
}

/** On each node: what is of no shard. */
export const checksOfNodes: UpdateChecks = {
  'the function of a check on a node': `
    select prosrc like '%Of the next release%' from pg_proc
     where oid = 'holdfast.clinic_no_of'::regproc`,
}

/** What is not true, with where. */
export async function failedChecks(checks: UpdateChecks, databases: ReadonlyMap<string, Queryable>): Promise<string[]> {
  const failed: string[] = []
  for (const [where, database] of databases) {
    for (const [name, statement] of Object.entries(checks)) {
      const { rows } = await database.query(statement).catch((error: Error) => ({ rows: [{ value: error.message }] }))
      const [value] = Object.values(rows[0] ?? {})
      if (value !== true) failed.push(`${where}: ${name} (${value})`)
    }
  }
  return failed
}
