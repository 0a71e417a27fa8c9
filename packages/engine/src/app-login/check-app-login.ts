import { connectClient } from '../database/connect-client.ts'
import { oneRow } from '../database/one-row.ts'
import { AppLoginError } from './app-login-error.ts'

type Facts = {
  login: string
  database: string
  superuser: boolean
  member: boolean
  owner: boolean
  schema: boolean
  /** Tables that only the functions may write, and this login too. */
  writable: string[]
}

/**
 * Logs in as the application does, and checks that the login is a member of holdfast_app in the owner's database and
 * nothing more: the owner or a superuser could change booking state without the functions.
 *
 * @throws AppLoginError `not_a_member`, `too_powerful`, `wrong_database`; the driver's errors when the login is refused
 */
export async function checkAppLogin(appUrl: string, databaseWanted: string): Promise<void> {
  const client = await connectClient({ url: appUrl, name: 'holdfast', queryTimeoutMs: 60_000 })
  try {
    const facts = oneRow(
      await client.query<Facts>(`
      select current_user::text as login, current_database()::text as database, r.rolsuper as superuser,
             n.oid is not null as schema, coalesce(pg_has_role(n.nspowner, 'MEMBER'), false) as owner,
             coalesce((select pg_has_role(oid, 'USAGE') from pg_roles where rolname = 'holdfast_app'), false) as member,
             array(select c.relname::text from pg_class c
                    where c.relnamespace = n.oid
                      and c.relname in ('slot', 'booking', 'booking_event', 'allocation', 'idempotency')
                      and (has_table_privilege(c.oid, 'delete, truncate')
                           or has_any_column_privilege(c.oid, 'insert, update')) order by 1) as writable
        from pg_roles r left join pg_namespace n on n.nspname = 'holdfast' where r.rolname = current_user`),
    )
    judge(facts, databaseWanted)
  } finally {
    await client.end()
  }
}

function judge(facts: Facts, databaseWanted: string): void {
  if (facts.database !== databaseWanted || !facts.schema) {
    throw new AppLoginError(
      'wrong_database',
      `DATABASE_APP_URL points to the database "${facts.database}"` +
        `${facts.schema ? '' : ', which has no schema holdfast'}; DATABASE_URL points to "${databaseWanted}". Both ` +
        'must name the same database.',
    )
  }
  if (facts.superuser || facts.owner) {
    throw new AppLoginError(
      'too_powerful',
      `The login "${facts.login}" of DATABASE_APP_URL is ` +
        `${facts.superuser ? 'a superuser' : 'the owner of the schema'}: it could change bookings without the ` +
        `engine. Create a separate login for the server: CREATE ROLE … LOGIN PASSWORD '…' IN ROLE holdfast_app;`,
    )
  }
  if (facts.writable.length > 0) {
    throw new AppLoginError(
      'too_powerful',
      `The login "${facts.login}" of DATABASE_APP_URL may write ${facts.writable.join(', ')} without the engine's ` +
        'functions. Take the privileges from it, or its membership in roles such as pg_write_all_data.',
    )
  }
  if (!facts.member) {
    throw new AppLoginError(
      'not_a_member',
      `The login "${facts.login}" of DATABASE_APP_URL is not a member of holdfast_app. Run: GRANT ` +
        `holdfast_app TO "${facts.login}";`,
    )
  }
}
