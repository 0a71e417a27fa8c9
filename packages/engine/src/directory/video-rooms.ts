import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Directory } from '../model/directory.ts'
import { clinicNoOf, isId } from '../model/id.ts'

/** The video rooms of doctors: read and written apart from them, because a doctor is public and a room is not. */
export function videoRoomsOf(db: Kysely<Schema>): Pick<Directory, 'videoRooms' | 'setVideoRoom'> {
  return {
    async videoRooms(doctorIds) {
      const ids = [...new Set(doctorIds)].filter(isId)
      if (ids.length === 0) return new Map()
      const { rows } = await sql<{ id: string; video_room: string }>`
        select r.id, r.video_room
          from unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) i(clinic_no, id)
          join holdfast.resource r on r.clinic_no = i.clinic_no and r.id = i.id and r.kind = 'doctor'
         where r.video_room is not null`.execute(db)
      return new Map(rows.map(({ id, video_room }) => [id, video_room]))
    },

    async setVideoRoom(doctorId, url) {
      if (!isId(doctorId)) return false
      const { numUpdatedRows } = await db
        .updateTable('resource')
        .set({ video_room: url, updated_at: sql<Date>`now()` })
        .where('clinic_no', '=', clinicNoOf(doctorId))
        .where('id', '=', doctorId)
        .where('kind', '=', 'doctor')
        .executeTakeFirstOrThrow()
      return numUpdatedRows > 0n
    },
  }
}
