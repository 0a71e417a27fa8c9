import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AnnouncedTransaction } from '../database/announced-transaction.ts'
import type { Directory } from '../model/directory.ts'
import { clinicNoOf, isId } from '../model/id.ts'

/** The video rooms of doctors, read and written separately: a doctor is public, a room is not. */
export function videoRoomsOf(
  pool: pg.Pool,
  write: AnnouncedTransaction,
): Pick<Directory, 'videoRooms' | 'setVideoRoom'> {
  return {
    async videoRooms(doctorIds) {
      const ids = [...new Set(doctorIds)].filter(isId)
      if (ids.length === 0) return new Map()
      const { rows } = await pool.query<{ id: string; video_room: string }>(sql`
        select r.id, r.video_room
          from unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) i(clinic_no, id)
          join holdfast.resource r on r.clinic_no = i.clinic_no and r.id = i.id and r.kind = 'doctor'
         where r.video_room is not null`)
      return new Map(rows.map(({ id, video_room }) => [id, video_room]))
    },

    setVideoRoom: (doctorId, url) => write((transaction) => updateVideoRoom(transaction, doctorId, url)),
  }
}

/** false: no such doctor. */
export async function updateVideoRoom(
  transaction: pg.PoolClient,
  doctorId: string,
  url: string | null,
): Promise<boolean> {
  if (!isId(doctorId)) return false
  const { rowCount } = await transaction.query(sql`
    update holdfast.resource set video_room = ${url}, updated_at = now()
     where clinic_no = ${clinicNoOf(doctorId)} and id = ${doctorId} and kind = 'doctor'`)
  return rowCount === 1
}
