import { type MemberBody, restOperations } from '@holdfast/contract'
import type { Membership } from '@holdfast/engine'
import type { AccountCard } from '../../accounts/accounts.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireRoleFields } from './role-fields.ts'

/** The members of a clinic and their roles, which its admins manage. */
export function serveMembers(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(restOperations.listMembers, async ({ query, granted: { clinic } }) => {
    const page = await directory.members({ clinicNo: clinic.no, limit: query.limit, cursor: query.cursor ?? null })
    const cards = await deps.accounts.byIds(page.items.map(({ accountId }) => accountId))
    const items = page.items.map((member) => memberBody(member, cards.get(member.accountId)))
    return { status: 200, body: { items, nextCursor: page.nextCursor } }
  })

  serve(
    restOperations.changeMember,
    async ({ params: { accountId }, body, granted: { clinic, actor } }) => {
      const { role, doctorId } = requireRoleFields(clinic.no, body)
      const outcome = await directory.changeMember({
        clinicNo: clinic.no,
        accountId,
        role,
        doctorId,
        actorId: actor.accountId,
      })
      if (outcome.kind !== 'done') throw refusalProblem(outcome)
      const cards = await afterCommit(() => deps.accounts.byIds([accountId]))
      return { status: 200, body: memberBody(outcome.membership, cards.get(accountId)) }
    },
    { audit: ({ body }) => ({ details: [body.role] }) },
  )

  serve(restOperations.removeMember, async ({ params: { accountId }, granted: { clinic, actor } }) => {
    const outcome = await directory.removeMember({ clinicNo: clinic.no, accountId, actorId: actor.accountId })
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: 204, body: undefined }
  })
}

function memberBody({ accountId, role, doctorId }: Membership, card: AccountCard | undefined): MemberBody {
  return { accountId, email: card?.email ?? null, name: card?.name ?? null, role, doctorId }
}
