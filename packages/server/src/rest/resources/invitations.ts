import { type InvitationBody, restOperations } from '@holdfast/contract'
import {
  type Clinic,
  clinicNoIn,
  type Invitation,
  type InvitationMail,
  type InvitationProof,
  newId,
} from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import type { Principal } from '../../edge/authentication/principal.ts'
import { siteAddress } from '../../edge/headers/site-address.ts'
import { maskAddress } from '../../messages/mask-address.ts'
import { newInvitationToken, parseInvitationToken } from '../../secrets/invitation-tokens.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { recordUnknown } from '../responses/record-unknown.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireRoleFields } from './role-fields.ts'

const invitationHours = 72

/** Invitations: created and revoked by a clinic's admins, accepted by somebody who has the link and an account. */
export function serveInvitations(serve: Serve, deps: RestDeps): void {
  const { invitations } = deps.engine

  serve(
    restOperations.createInvitation,
    async ({ body, granted: { clinic, actor }, request }) => {
      const id = newId(clinic.no)
      const { token, hash } = newInvitationToken(id)
      const link = `${siteAddress(deps.publicUrl, request)}/invitation#${token}`
      const mail = await mailOf(deps, { clinic, email: body.email, link })
      // Once the invitation is stored nothing below may fail: the response alone has its token.
      const names = await namesOf([actor.accountId])
      const invitation = {
        id,
        clinicNo: clinic.no,
        tokenHash: hash,
        email: body.email,
        ...requireRoleFields(clinic.no, body),
        invitedBy: actor.accountId,
      }
      const outcome = await invitations.create(invitation, mail)
      if (outcome.kind !== 'done') throw refusalProblem(outcome)
      const needsConfirmedEmail = canConfirmEmails(deps)
      return { status: 201, body: { ...invitationBody(outcome.invitation, names), link, needsConfirmedEmail } }
    },
    { audit: ({ body }) => ({ details: [body.role] }) },
  )

  serve(restOperations.listInvitations, async ({ query, granted: { clinic } }) => {
    const page = await invitations.open({ clinicNo: clinic.no, limit: query.limit, cursor: query.cursor ?? null })
    const names = await namesOf(page.items.map(({ invitedBy }) => invitedBy))
    const items = page.items.map((invitation) => invitationBody(invitation, names))
    return { status: 200, body: { items, nextCursor: page.nextCursor } }
  })

  serve(restOperations.revokeInvitation, async ({ params, granted: { clinic } }) => {
    const outcome = await invitations.revoke(clinic.no, params.invitationId)
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: 204, body: undefined }
  })

  serveInvitedPeople(serve, deps)

  async function namesOf(accountIds: string[]): Promise<Map<string, string>> {
    const cards = await deps.accounts.byIds([...new Set(accountIds)])
    return new Map([...cards].map(([accountId, { name }]) => [accountId, name]))
  }
}

/**
 * The mail in the clinic's language, and with its logo. null: there is none. If no address of the site is set, the link
 * has the caller's Host, which nothing that is sent by e-mail may have.
 */
async function mailOf(
  { engine, mails, publicUrl, recipientDigests }: RestDeps,
  { clinic, email, link }: { clinic: Pick<Clinic, 'no' | 'name'>; email: string; link: string },
): Promise<InvitationMail | null> {
  const [recipient] = recipientDigests(`invitation ${email}`)
  if (!mails.isAvailable || publicUrl === null || recipient === undefined) return null
  const { language } = await engine.messages.settings(clinic.no)
  return {
    recipient,
    store(transaction, { email: address, role }) {
      const to = { address, language, clinicNo: clinic.no }
      const context = { clinicName: clinic.name, role, url: link, hours: invitationHours }
      return mails.store(transaction, { kind: 'invitation', to, context }, invitationHours)
    },
  }
}

/** If it cannot, nobody can prove an address, and an invitation's link alone is the proof. */
function canConfirmEmails({ confirmationTokens }: RestDeps): boolean {
  return confirmationTokens !== null
}

/** Serves the person who has the link. */
function serveInvitedPeople(serve: Serve, deps: RestDeps): void {
  const { directory, invitations } = deps.engine

  serve(restOperations.getInvitation, async ({ body, granted: principal }) => {
    const token = parseInvitationToken(body.token)
    if (token === null) throw refusalProblem({ kind: 'invitation_missing' })
    const outcome = await invitations.find(token.id, token.hash)
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    const { clinicId, email, role, doctorId, expiresAt } = outcome.invitation
    const clinic = await directory.clinic(clinicId)
    const doctor = doctorId === null ? null : await directory.doctor(doctorId)
    if (clinic === null) throw new Error(`The clinic ${clinicId} of an invitation was not found.`)
    return {
      status: 200,
      body: {
        clinicId,
        clinicName: clinic.name,
        email: maskAddress(email),
        needsConfirmedEmail: canConfirmEmails(deps),
        callersEmail: await callersEmail(deps, principal, email),
        role,
        doctorName: doctor?.name ?? null,
        expiresAt: timeText(expiresAt),
      },
    }
  })

  serve(restOperations.acceptInvitation, async ({ body, granted: { accountId }, request }) => {
    const token = parseInvitationToken(body.token)
    if (token === null) throw refusalProblem({ kind: 'invitation_missing' })
    const proof: InvitationProof = canConfirmEmails(deps)
      ? { kind: 'address', confirmedEmail: await deps.accounts.confirmedEmail(accountId) }
      : { kind: 'link' }
    const granted = { kind: 'role_granted', actorId: accountId, subjectId: accountId } as const
    const network = networkPrefix(request.ip)
    // The caller has written the token, and its id names any clinic: the log names that of an invitation only.
    const known = await invitations.find(token.id, token.hash)
    if (known.kind === 'invitation_missing') throw refusalProblem(known)
    const details = known.kind === 'done' ? [known.invitation.role] : []
    const unknown = { ...granted, clinicNo: clinicNoIn(token.id), network, details }
    const accept = () => invitations.accept(token.id, token.hash, accountId, proof)
    const outcome = await recordUnknown(deps.audit, () => [unknown], accept)
    if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') throw refusalProblem(outcome)
    const { clinicNo, clinicId, role, doctorId } = outcome.membership
    if (outcome.kind === 'done') deps.audit.record({ ...granted, clinicNo, network, details: [role] })
    return { status: 200, body: { clinicId, role, doctorId } }
  })
}

async function callersEmail(
  { accounts }: RestDeps,
  principal: Principal,
  invited: string,
): Promise<'confirmed' | 'unconfirmed' | 'other' | 'none'> {
  if (principal.kind !== 'account') return 'none'
  // What is known of the session may be older than a change of the address.
  if ((await accounts.confirmedEmail(principal.accountId)) === invited) return 'confirmed'
  return principal.email === invited ? 'unconfirmed' : 'other'
}

function invitationBody(invitation: Invitation, names: ReadonlyMap<string, string>): InvitationBody {
  const { id, email, role, doctorId, invitedBy, createdAt, expiresAt } = invitation
  return {
    id,
    email,
    role,
    doctorId,
    invitedByName: names.get(invitedBy) ?? null,
    createdAt: timeText(createdAt),
    expiresAt: timeText(expiresAt),
  }
}
