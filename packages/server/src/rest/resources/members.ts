import { type MemberBody, restOperations } from '@holdfast/contract'
import { clinicNoIn, type Membership } from '@holdfast/engine'
import type { AccountCard } from '../../accounts/accounts.ts'
import { problem } from '../../edge/problem-error.ts'
import { invalidRequest, preview } from '../../edge/validator.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** The members of a clinic and their roles, which its admins manage. */
export function serveMembers(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(restOperations.listMembers, async ({ query, granted: { clinic } }) => {
    const page = await directory.members({ clinicNo: clinic.no, limit: query.limit, cursor: query.cursor ?? null })
    const cards = await deps.accounts.byIds(page.items.map(({ accountId }) => accountId))
    const items = page.items.map((member) => memberBody(member, cards.get(member.accountId)))
    return { status: 200, body: { items, nextCursor: page.nextCursor } }
  })

  serve(restOperations.putMember, async ({ body, granted: { clinic } }) => {
    const doctorId = body.doctorId ?? null
    if ((body.role === 'doctor') !== (doctorId !== null)) {
      const message =
        doctorId === null ? 'is required with role doctor' : `is allowed only with role doctor, not ${body.role}`
      throw invalidRequest([{ path: '/doctorId', message }])
    }
    if (doctorId !== null && clinicNoIn(doctorId) !== clinic.no) throw doctorNotFound(doctorId)
    const account = await deps.accounts.byEmail(body.email)
    if (account === null)
      throw problem('account_not_found', `No account has the e-mail address ${preview(body.email)}.`)
    const isMember = (await directory.membershipsOf(account.id)).some(({ clinicNo }) => clinicNo === clinic.no)
    const outcome = await directory.putMember({ clinicNo: clinic.no, accountId: account.id, role: body.role, doctorId })
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: isMember ? 200 : 201, body: memberBody(outcome.membership, account) }
  })

  serve(restOperations.removeMember, async ({ params, granted: { clinic } }) => {
    const outcome = await directory.removeMember(clinic.no, params.accountId)
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: 204, body: undefined }
  })
}

function memberBody({ accountId, role, doctorId }: Membership, card: AccountCard | undefined): MemberBody {
  return { accountId, email: card?.email ?? null, name: card?.name ?? null, role, doctorId }
}
