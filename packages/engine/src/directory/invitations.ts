import { timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { lockClinic } from '../database/lock-clinic.ts'
import { inTransaction } from '../database/pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import { countMessage, invitationsPerDayMax } from '../messages/message-budget.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoIn } from '../model/id.ts'
import type {
  Invitation,
  InvitationMail,
  InvitationProof,
  InvitationRefusal,
  Invitations,
} from '../model/invitation.ts'
import type { Membership } from '../model/membership.ts'
import { normalizedEmail } from '../model/normalized-email.ts'
import { addAccountClinic } from './account-clinics.ts'
import { selectedMemberships } from './account-rights.ts'
import { isDoctor, mayAdminister, membersTransaction } from './members.ts'

/** A clinic has at most so many open invitations; its list of them stays short. */
const openMax = 200
/** How long an expired link is reported as expired. After that, it is reported as unknown. */
const expiredDays = 30
const invitationCursor = cursorOf('invitations', ['id'])

/**
 * Invitations, with the application's role. The clinic's lock decides between two that accept.
 *
 * @param directoryPool for one of several databases: notes there where an account may have a role
 */
export function createInvitations(
  pool: pg.Pool,
  announce: Announce,
  directoryPool: pg.Pool | null = null,
): Invitations {
  const write = membersTransaction(pool, announce)
  return {
    create: (invitation, mail) =>
      inTransaction(pool, async (transaction) => {
        const { clinicNo, id, tokenHash, role, doctorId, invitedBy } = invitation
        const email = normalizedEmail(invitation.email)
        await lockClinic(transaction, clinicNo)
        if (!(await mayAdminister(transaction, clinicNo, invitedBy))) return { kind: 'not_admin' }
        if (role === 'doctor' && !(await isDoctor(transaction, clinicNo, doctorId))) return { kind: 'doctor_missing' }
        if (mail && !(await mayBeMailed(transaction, clinicNo, mail))) {
          return { kind: 'invited_too_often', max: invitationsPerDayMax }
        }
        await transaction.query(sql`
          delete from holdfast.invitation
           where clinic_no = ${clinicNo} and accepted_at is null
             and (email = ${email} or expires_at < now() - make_interval(days => ${expiredDays}))`)
        if ((await openCount(transaction, clinicNo)) >= openMax) return { kind: 'too_many_invitations', max: openMax }
        await transaction.query(sql`
          insert into holdfast.invitation (clinic_no, id, token_hash, email, role, doctor_id, invited_by)
          values (${clinicNo}, ${id}, ${tokenHash}, ${email}, ${role}, ${role === 'doctor' ? doctorId : null},
            ${invitedBy})`)
        const created = await selectInvitation(transaction, clinicNo, id)
        if (created === null) throw new Error('The invitation was not stored.')
        await mail?.store(transaction, created.invitation)
        return { kind: 'done', invitation: created.invitation }
      }),

    async open({ clinicNo, limit, cursor }) {
      const { rows } = await pool.query<Invitation>(sql`
        ${selectedInvitations}
         where i.clinic_no = ${clinicNo} and i.accepted_at is null and i.expires_at > now() and ${isAfter(cursor)}
         order by i.id
         limit ${limit + 1}`)
      return pageOf(
        rows,
        limit,
        (row) => row,
        (last) => invitationCursor.encode(last.id),
      )
    },

    async find(id, tokenHash) {
      const found = await findByToken(pool, id, tokenHash)
      if (found === null) return { kind: 'invitation_missing' }
      return refusalOf(found) ?? { kind: 'done', invitation: found.invitation }
    },

    accept: (id, tokenHash, accountId, proof) =>
      write({ clinicNo: clinicNoIn(id) ?? 0, accountId }, (transaction) =>
        accept(transaction, { id, tokenHash, accountId, proof, directoryPool }),
      ),

    async revoke(clinicNo, id) {
      const { rowCount } = await pool.query(sql`
        delete from holdfast.invitation where clinic_no = ${clinicNo} and id = ${id} and accepted_at is null`)
      return { kind: rowCount === 0 ? 'invitation_missing' : 'done' }
    },
  }
}

/** Whether somebody with this token can still accept the invitation. */
export async function isInvitationOpen(pool: pg.Pool, { id, hash }: { id: string; hash: Buffer }): Promise<boolean> {
  const found = await findByToken(pool, id, hash)
  return found !== null && refusalOf(found) === null
}

type Accepting = {
  id: string
  tokenHash: Buffer
  accountId: string
  proof: InvitationProof
  directoryPool: pg.Pool | null
}

async function accept(transaction: pg.PoolClient, { id, tokenHash, accountId, proof, directoryPool }: Accepting) {
  const known = await findByToken(transaction, id, tokenHash)
  if (known === null) return { kind: 'invitation_missing' } as const
  const { clinicNo } = known
  // Read again under the lock: meanwhile another account may have accepted it, or its creator have been removed.
  await lockClinic(transaction, clinicNo)
  const found = await findByToken(transaction, id, tokenHash)
  if (found === null) return { kind: 'invitation_missing' } as const
  const membership = await membershipIn(transaction, clinicNo, accountId)
  if (membership !== null) {
    if (found.acceptedBy === accountId) return { kind: 'unchanged', membership } as const
    return { kind: 'already_member', role: membership.role } as const
  }
  const refusal = refusalOf(found)
  if (refusal !== null) return refusal
  const { email, role, doctorId, clinicId, invitedBy } = found.invitation
  // Both are in lower case, as accounts store them.
  if (proof.kind === 'address' && proof.confirmedEmail !== email) return { kind: 'other_address', email } as const
  if (!(await mayAdminister(transaction, clinicNo, invitedBy))) return { kind: 'invitation_missing' } as const
  if (directoryPool !== null) await addAccountClinic(directoryPool, accountId, clinicNo)
  await transaction.query(sql`
    insert into holdfast.membership (clinic_no, account_id, role, doctor_id)
    values (${clinicNo}, ${accountId}, ${role}, ${doctorId})`)
  await transaction.query(sql`
    update holdfast.invitation set accepted_at = now(), accepted_by = ${accountId}
     where clinic_no = ${clinicNo} and id = ${id}`)
  return { kind: 'done', membership: { clinicNo, clinicId, accountId, role, doctorId } } as const
}

/** Counts the e-mail by its recipient: an admin must not flood a stranger. */
function mayBeMailed(transaction: pg.PoolClient, clinicNo: number, { recipient }: InvitationMail): Promise<boolean> {
  return countMessage(transaction, { clinicNo, recipient, perDayMax: invitationsPerDayMax })
}

type Found = {
  clinicNo: number
  invitation: Invitation
  tokenHash: Buffer
  isExpired: boolean
  acceptedBy: string | null
}

function refusalOf({ acceptedBy, isExpired }: Found): InvitationRefusal | null {
  if (acceptedBy !== null) return { kind: 'invitation_used' }
  return isExpired ? { kind: 'invitation_expired' } : null
}

async function findByToken(connection: pg.Pool | pg.PoolClient, id: string, tokenHash: Buffer): Promise<Found | null> {
  const clinicNo = clinicNoIn(id)
  const found = clinicNo === null ? null : await selectInvitation(connection, clinicNo, id)
  return found !== null && timingSafeEqual(found.tokenHash, tokenHash) ? found : null
}

const invitationColumns = sql`
  i.id, c.id as "clinicId", i.email, i.role, i.doctor_id as "doctorId", i.invited_by as "invitedBy",
  i.created_at as "createdAt", i.expires_at as "expiresAt"`
const selectedInvitations = sql`
  select ${invitationColumns} from holdfast.invitation i join holdfast.clinic c on c.no = i.clinic_no`

async function selectInvitation(
  connection: pg.Pool | pg.PoolClient,
  clinicNo: number,
  id: string,
): Promise<Found | null> {
  const { rows } = await connection.query<Invitation & Omit<Found, 'clinicNo' | 'invitation'>>(sql`
    select ${invitationColumns}, i.token_hash as "tokenHash", i.expires_at <= now() as "isExpired",
           i.accepted_by as "acceptedBy"
      from holdfast.invitation i join holdfast.clinic c on c.no = i.clinic_no
     where i.clinic_no = ${clinicNo} and i.id = ${id}`)
  const [row] = rows
  if (row === undefined) return null
  const { tokenHash, isExpired, acceptedBy, ...invitation } = row
  return { clinicNo, invitation, tokenHash, isExpired, acceptedBy }
}

function isAfter(cursor: string | null): Sql {
  return cursor === null ? sql`true` : sql`i.id > ${invitationCursor.decode(cursor)[0]}`
}

async function openCount(transaction: pg.PoolClient, clinicNo: number): Promise<number> {
  const { rows } = await transaction.query<{ count: number }>(sql`
    select count(*) as count
      from holdfast.invitation
     where clinic_no = ${clinicNo} and accepted_at is null and expires_at > now()`)
  return rows[0]?.count ?? 0
}

async function membershipIn(
  transaction: pg.PoolClient,
  clinicNo: number,
  accountId: string,
): Promise<Membership | null> {
  const { rows } = await transaction.query<Membership>(sql`
    ${selectedMemberships} where m.clinic_no = ${clinicNo} and m.account_id = ${accountId}`)
  return rows[0] ?? null
}
