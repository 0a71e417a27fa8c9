import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** Replaced in a room's address by a unique name for each visit. */
const roomPlaceholder = '{room}'
const lengthMax = 500

/** A doctor's video room, which only the doctor and the clinic may read; null if there is none. */
export function videoRoomQuery(doctorId: string) {
  return queryOptions({
    queryKey: ['video-room', doctorId],
    queryFn: async (): Promise<string | null> => (await dataOf(api.getVideoRoom({ path: { doctorId } }))).url,
    staleTime: 60_000,
  })
}

/** @param url empty to remove the room */
export async function saveVideoRoom(doctorId: string, url: string): Promise<string | null> {
  const body = { url: url.trim() === '' ? null : url.trim() }
  return (await dataOf(api.setVideoRoom({ path: { doctorId }, body }))).url
}

export type RoomProblem = 'address' | 'long' | 'credentials' | 'room'

/** Why the API would not accept an address as a video room; null if it would, or if it is empty. */
export function roomProblem(typed: string): RoomProblem | null {
  const text = typed.trim()
  if (text === '') return null
  if (text.length > lengthMax) return 'long'
  const [, host, rest = ''] = /^https:\/\/([!-~]+?)([/?#][!-~]*)?$/.exec(text) ?? []
  if (host === undefined || !URL.canParse(text)) return 'address'
  if (host.includes('@')) return 'credentials'
  return host.includes(roomPlaceholder) || rest.split(roomPlaceholder).length > 2 ? 'room' : null
}

/** Whether each visit has a separate room. */
export function hasUniqueRooms(typed: string): boolean {
  return typed.includes(roomPlaceholder)
}

/** An example of a visit's address. */
export function exampleOf(typed: string): string {
  return typed.trim().replace(roomPlaceholder, 'k7mq-2xvd-9hfp')
}
