import { queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../lib/api.ts'

/** Stands in a room's address for the name that each visit has of its own. */
const roomName = '{room}'
const lengthMax = 500

/** A doctor's video room, which only they and the clinic may read; null: there is none. */
export function videoRoomQuery(doctorId: string) {
  return queryOptions({
    queryKey: ['video-room', doctorId],
    queryFn: async (): Promise<string | null> => (await ask(api.getVideoRoom({ path: { doctorId } }))).url,
    staleTime: 60_000,
  })
}

/** @param url empty: none any more */
export async function saveVideoRoom(doctorId: string, url: string): Promise<string | null> {
  const body = { url: url.trim() === '' ? null : url.trim() }
  return (await ask(api.setVideoRoom({ path: { doctorId }, body }))).url
}

export type RoomProblem = 'address' | 'long' | 'credentials' | 'room'

/** Why an address can't be a video room, by the API's rules; null: it can, or nothing was typed. */
export function roomProblem(typed: string): RoomProblem | null {
  const text = typed.trim()
  if (text === '') return null
  if (text.length > lengthMax) return 'long'
  const [, host, rest = ''] = /^https:\/\/([!-~]+?)([/?#][!-~]*)?$/.exec(text) ?? []
  if (host === undefined || !URL.canParse(text)) return 'address'
  if (host.includes('@')) return 'credentials'
  return host.includes(roomName) || rest.split(roomName).length > 2 ? 'room' : null
}

/** Whether each visit has a room of its own. */
export function hasOwnRooms(typed: string): boolean {
  return typed.includes(roomName)
}

/** What a visit's address looks like. */
export function exampleOf(typed: string): string {
  return typed.trim().replace(roomName, 'k7mq-2xvd-9hfp')
}
