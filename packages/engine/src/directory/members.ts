import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Directory } from '../model/directory.ts'
import type { Membership, Role } from '../model/membership.ts'
import { cursorOf } from '../reads/cursor.ts'

const memberCursor = cursorOf('members', ['id'])
/** An account belongs to fewer clinics than this; the list has no pages. */
const membershipsMax = 1_000

type MembershipRow = { clinic_no: number; clinic_id: string; account_id: string; role: Role; doctor_id: string | null }

/** Who has which role in which clinic. A clinic that has an admin never loses its last one. */
export function membersOf(
  db: Kysely<Schema>,
): Pick<Directory, 'membershipsOf' | 'members' | 'putMember' | 'removeMember' | 'isSiteAdministrator'> {
  return {
    async membershipsOf(accountId) {
      const rows = await memberships(db)
        .where('m.account_id', '=', accountId)
        .orderBy('m.clinic_no')
        .limit(membershipsMax)
        .execute()
      return rows.map(membershipOf)
    },

    async members({ clinicNo, limit, cursor }) {
      let query = memberships(db)
        .where('m.clinic_no', '=', clinicNo)
        .orderBy('m.account_id')
        .limit(limit + 1)
      if (cursor !== null) query = query.where('m.account_id', '>', memberCursor.decode(cursor)[0])
      const items = (await query.execute()).map(membershipOf)
      const last = items[limit - 1]
      if (items.length <= limit || last === undefined) return { items, nextCursor: null }
      return { items: items.slice(0, limit), nextCursor: memberCursor.encode(last.accountId) }
    },

    putMember: (member) =>
      db.transaction().execute(async (transaction) => {
        const { clinicNo, accountId, role } = member
        const clinicId = await lockClinic(transaction, clinicNo)
        const doctorId = role === 'doctor' ? member.doctorId : null
        if (role === 'doctor' && !(await isDoctor(transaction, clinicNo, doctorId))) return { kind: 'doctor_missing' }
        if (role !== 'admin' && (await isLastAdmin(transaction, clinicNo, accountId))) return { kind: 'last_admin' }
        await transaction
          .insertInto('membership')
          .values({ clinic_no: clinicNo, account_id: accountId, role, doctor_id: doctorId })
          .onConflict((conflict) =>
            conflict.columns(['clinic_no', 'account_id']).doUpdateSet({ role, doctor_id: doctorId }),
          )
          .execute()
        return { kind: 'done', membership: { clinicNo, clinicId, accountId, role, doctorId } }
      }),

    removeMember: (clinicNo, accountId) =>
      db.transaction().execute(async (transaction) => {
        await lockClinic(transaction, clinicNo)
        if (await isLastAdmin(transaction, clinicNo, accountId)) return { kind: 'last_admin' }
        const { numDeletedRows } = await transaction
          .deleteFrom('membership')
          .where('clinic_no', '=', clinicNo)
          .where('account_id', '=', accountId)
          .executeTakeFirstOrThrow()
        return numDeletedRows === 0n ? { kind: 'member_missing' } : { kind: 'done' }
      }),

    async isSiteAdministrator(accountId) {
      const { rows } = await sql<{ found: boolean }>`
        select exists (select from holdfast.site_administrator a where a.account_id = ${accountId}) as found`.execute(
        db,
      )
      return rows[0]?.found === true
    },
  }
}

function memberships(db: Kysely<Schema>) {
  return db
    .selectFrom('membership as m')
    .innerJoin('clinic as c', 'c.no', 'm.clinic_no')
    .select(['m.clinic_no', 'c.id as clinic_id', 'm.account_id', 'm.role', 'm.doctor_id'])
}

function membershipOf(row: MembershipRow): Membership {
  return {
    clinicNo: row.clinic_no,
    clinicId: row.clinic_id,
    accountId: row.account_id,
    role: row.role,
    doctorId: row.doctor_id,
  }
}

/** Changes of a clinic's members take turns: without it, two admins could each remove the other as not the last. */
async function lockClinic(transaction: Transaction<Schema>, clinicNo: number): Promise<string> {
  const { id } = await transaction
    .selectFrom('clinic')
    .select('id')
    .where('no', '=', clinicNo)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow(() => new Error(`There is no clinic number ${clinicNo}.`))
  return id
}

async function isDoctor(transaction: Transaction<Schema>, clinicNo: number, doctorId: string | null): Promise<boolean> {
  if (doctorId === null) return false
  const row = await transaction
    .selectFrom('resource')
    .select('id')
    .where('clinic_no', '=', clinicNo)
    .where('id', '=', doctorId)
    .where('kind', '=', 'doctor')
    .executeTakeFirst()
  return row !== undefined
}

async function isLastAdmin(transaction: Transaction<Schema>, clinicNo: number, accountId: string): Promise<boolean> {
  const admins = await transaction
    .selectFrom('membership')
    .select('account_id')
    .where('clinic_no', '=', clinicNo)
    .where('role', '=', 'admin')
    .limit(2)
    .execute()
  return admins.length === 1 && admins[0]?.account_id === accountId
}
