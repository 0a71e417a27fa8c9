import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * The members whose accounts exist, each with its e-mail address, in the same order. The accounts may be in another
 * database than the members: on Citus they are on the coordinator.
 *
 * @param accounts of the application role
 */
export async function withEmails<Member extends { accountId: string }>(
  accounts: Pick<pg.ClientBase, 'query'>,
  members: readonly Member[],
): Promise<(Member & { email: string })[]> {
  if (members.length === 0) return []
  const { rows } = await accounts.query<{ id: string; email: string }>(sql`
    select id::text, email from auth."user" where id = any(${members.map(({ accountId }) => accountId)}::uuid[])`)
  const emails = new Map(rows.map(({ id, email }) => [id, email]))
  return members.flatMap((member) => {
    const email = emails.get(member.accountId)
    return email === undefined ? [] : [{ ...member, email }]
  })
}
