import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { removeBusyCalendar } from '../calendars/read-busy-calendars.ts'
import { inAnnouncedTransaction, transactionId } from '../database/announced-transaction.ts'
import { lockClinic } from '../database/lock-clinic.ts'
import { cursorOf } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'
import type { Membership } from '../model/membership.ts'
import { membershipsOfAccount, selectedMemberships } from './account-rights.ts'

const memberCursor = cursorOf('members', ['id'])

/** Who has which role in which clinic. A clinic that has an admin never loses its last one. */
export function membersOf(
  pool: pg.Pool,
  announce: Announce,
): Pick<Directory, 'membershipsOf' | 'members' | 'changeMember' | 'removeMember'> {
  const write = membersTransaction(pool, announce)
  return {
    async membershipsOf(accountId) {
      const { rows } = await pool.query<Membership>(membershipsOfAccount(accountId))
      return rows
    },

    async members({ clinicNo, limit, cursor }) {
      const { rows } = await pool.query<Membership>(sql`
        ${selectedMemberships}
         where m.clinic_no = ${clinicNo} and ${isAfter(cursor)}
         order by m.account_id
         limit ${limit + 1}`)
      return pageOf(
        rows,
        limit,
        (row) => row,
        (last) => memberCursor.encode(last.accountId),
      )
    },

    changeMember: (member) =>
      write(member, async (transaction) => {
        const { clinicNo, accountId, role, actorId } = member
        const clinicId = await lockClinic(transaction, clinicNo)
        if (!(await mayAdminister(transaction, clinicNo, actorId))) return { kind: 'not_admin' }
        const doctorId = role === 'doctor' ? member.doctorId : null
        if (role === 'doctor' && !(await isDoctor(transaction, clinicNo, doctorId))) return { kind: 'doctor_missing' }
        if (role !== 'admin' && (await isLastAdmin(transaction, clinicNo, accountId))) return { kind: 'last_admin' }
        await endFeedsOfMember(transaction, clinicNo, accountId)
        const before = await doctorOfMember(transaction, clinicNo, accountId)
        const { rowCount } = await transaction.query(sql`
          update holdfast.membership set role = ${role}, doctor_id = ${doctorId}
           where clinic_no = ${clinicNo} and account_id = ${accountId}`)
        if (rowCount === 0) return { kind: 'member_missing' }
        if (role !== 'admin') await revokeInvitationsBy(transaction, clinicNo, accountId)
        if (before !== doctorId) await removeBusyCalendarOf(transaction, clinicNo, before)
        return { kind: 'done', membership: { clinicNo, clinicId, accountId, role, doctorId } }
      }),

    removeMember: (member) =>
      write(member, async (transaction) => {
        const { clinicNo, accountId, actorId } = member
        await lockClinic(transaction, clinicNo)
        if (!(await mayAdminister(transaction, clinicNo, actorId))) return { kind: 'not_admin' }
        if (await isLastAdmin(transaction, clinicNo, accountId)) return { kind: 'last_admin' }
        await endFeedsOfMember(transaction, clinicNo, accountId)
        const doctorId = await doctorOfMember(transaction, clinicNo, accountId)
        const { rowCount } = await transaction.query(
          sql`delete from holdfast.membership where clinic_no = ${clinicNo} and account_id = ${accountId}`,
        )
        if (rowCount === 0) return { kind: 'member_missing' }
        await revokeInvitationsBy(transaction, clinicNo, accountId)
        await removeBusyCalendarOf(transaction, clinicNo, doctorId)
        return { kind: 'done' }
      }),
  }
}

/** Announces the clinic and the account whose role changed. An outcome other than `done` wrote nothing. */
export function membersTransaction(pool: pg.Pool, announce: Announce) {
  return <Outcome extends { kind: string }>(
    { clinicNo, accountId }: { clinicNo: number; accountId: string },
    work: (transaction: pg.PoolClient) => Promise<Outcome>,
  ): Promise<Outcome> =>
    inAnnouncedTransaction(pool, announce, work, async (transaction, { kind }) => {
      if (kind !== 'done') return null
      const position = await transactionId(transaction)
      const clinicNos = new Set([clinicNo])
      return {
        kind: 'members',
        position,
        clinicNos,
        doctorIds: new Set(),
        accountIds: new Set([accountId]),
        ...noSlots,
      }
    })
}

function isAfter(cursor: string | null): Sql {
  return cursor === null ? sql`true` : sql`m.account_id > ${memberCursor.decode(cursor)[0]}`
}

/** Somebody who is no longer an admin must not come back by an invitation that they created before. */
async function revokeInvitationsBy(transaction: pg.PoolClient, clinicNo: number, accountId: string): Promise<void> {
  await transaction.query(sql`
    delete from holdfast.invitation
     where clinic_no = ${clinicNo} and invited_by = ${accountId} and accepted_at is null`)
}

/**
 * Ends the feeds that a member created in the clinic, and that of the doctor whose calendar is theirs: somebody whose
 * role ended or changed must not read on, also not when they get a role again.
 */
async function endFeedsOfMember(transaction: pg.PoolClient, clinicNo: number, accountId: string): Promise<void> {
  await transaction.query(sql`
    delete from holdfast.calendar_feed f
     where f.kind <> 'account'
       and ((f.created_by = ${accountId} and holdfast.clinic_no_of(f.subject_id) = ${clinicNo})
            or f.subject_id = (select m.doctor_id from holdfast.membership m
                                where m.clinic_no = ${clinicNo} and m.account_id = ${accountId}))`)
}

/** The doctor whose calendar is the member's; null: none. */
async function doctorOfMember(transaction: pg.PoolClient, clinicNo: number, accountId: string): Promise<string | null> {
  const { rows } = await transaction.query<{ doctorId: string | null }>(sql`
    select m.doctor_id as "doctorId" from holdfast.membership m
     where m.clinic_no = ${clinicNo} and m.account_id = ${accountId}`)
  return rows[0]?.doctorId ?? null
}

/**
 * Forgets the external calendar of a doctor whose last account has left: the calendar's owner cannot remove it any
 * more.
 */
async function removeBusyCalendarOf(
  transaction: pg.PoolClient,
  clinicNo: number,
  doctorId: string | null,
): Promise<void> {
  if (doctorId === null) return
  const { rowCount } = await transaction.query(sql`
    select from holdfast.membership m where m.clinic_no = ${clinicNo} and m.doctor_id = ${doctorId} limit 1`)
  if (rowCount === 0) await removeBusyCalendar(transaction, { clinicNo, doctorId })
}

/**
 * Whether an account is an admin of the clinic or a site administrator now. Read under the clinic's lock: the requests
 * of somebody who is removed at the same time must not change roles, or create invitations, after the removal.
 */
export async function mayAdminister(transaction: pg.PoolClient, clinicNo: number, accountId: string): Promise<boolean> {
  const { rows } = await transaction.query(sql`
    select from holdfast.membership
     where clinic_no = ${clinicNo} and account_id = ${accountId} and role = 'admin'
     union all
    select from holdfast.site_administrator where account_id = ${accountId}`)
  return rows.length > 0
}

export async function isDoctor(
  transaction: pg.PoolClient,
  clinicNo: number,
  doctorId: string | null,
): Promise<boolean> {
  if (doctorId === null) return false
  const { rows } = await transaction.query(
    sql`select from holdfast.resource where clinic_no = ${clinicNo} and id = ${doctorId} and kind = 'doctor'`,
  )
  return rows.length > 0
}

async function isLastAdmin(transaction: pg.PoolClient, clinicNo: number, accountId: string): Promise<boolean> {
  const { rows } = await transaction.query<{ account_id: string }>(
    sql`select account_id from holdfast.membership where clinic_no = ${clinicNo} and role = 'admin' limit 2`,
  )
  return rows.length === 1 && rows[0]?.account_id === accountId
}
