import type pg from 'pg'
import sql from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'

/**
 * Takes from PUBLIC the right to connect to the database. PostgreSQL gives it to every role of the server, and
 * `holdfast_app` is one role for all databases: the login of another Holdfast there could read and change this one.
 *
 * Roles that use the database keep the right by name: `login`, as which the server logs in; the owners of something in
 * the database and roles that were granted something there, such as a pooler's login; the members of PostgreSQL's own
 * roles, such as pg_monitor and pg_read_all_data; and the members of `holdfast_app` that a person has created, which
 * may read from replicas. Members that another Holdfast has created, and the owners of other databases, lose it.
 * Superusers and replication do not need it.
 *
 * Does nothing the second time, or if the owner of the schema does not own the database: `holdfast doctor` reports who
 * may connect then. Concurrent calls for one database fail: the caller has to lock.
 */
export async function limitConnections(owner: pg.Client, login: string): Promise<void> {
  const { rows } = await owner.query(
    `select from pg_database d
      where d.datname = current_database() and pg_has_role(d.datdba, 'USAGE')
        and has_database_privilege('public', d.oid, 'CONNECT')`,
  )
  if (rows.length === 0) return
  await inClientTransaction(owner, async () => {
    for (const statement of await statementsFor(owner, login)) await owner.query(statement)
  })
}

async function statementsFor(owner: pg.Client, login: string): Promise<string[]> {
  const { rows } = await owner.query<{ statement: string }>(sql`
    with app as (select oid from pg_roles where rolname = 'holdfast_app'),
    used as (
      select s.refobjid as oid from pg_shdepend s
       where s.refclassid = 'pg_authid'::regclass and s.refobjid <> (select oid from app)
         and s.dbid = (select d.oid from pg_database d where d.datname = current_database())
       union select r.oid from pg_roles r where r.rolname like 'pg\\_%')
    select format('grant connect on database %I to %I', current_database(), r.rolname) as statement
      from pg_roles r cross join app
     where r.rolcanlogin and not r.rolsuper
       and (r.rolname = ${login}
            or exists (select from used where pg_has_role(r.oid, used.oid, 'MEMBER'))
            or pg_has_role(r.oid, app.oid, 'MEMBER') and not pg_has_role(r.oid, app.oid, 'MEMBER WITH ADMIN OPTION')
               and r.rolname not like '%\\_holdfast\\_app')
     union all select format('revoke connect on database %I from public', current_database())`)
  return rows.map(({ statement }) => statement)
}
