import { setTimeout as delay } from 'node:timers/promises'
import type { LiveServerMessage } from '@holdfast/contract'
import { liveClient } from './live-client.ts'
import { call } from './running-server.ts'

/** A slot in a list, as far as it changes. */
export type ListedSlot = { id: string; startsAt: string; capacity: number; available: number }

export type ListQuery = { from: string; to: string; onlyAvailable?: boolean }

/** A doctor's list; null: the doctor is not found, `unavailable`: the server cannot read it now. */
export async function listSlots(
  url: string,
  doctorId: string,
  { from, to, onlyAvailable = false }: ListQuery,
  position?: string,
): Promise<ListedSlot[] | 'unavailable' | null> {
  const response = await call(
    `${url}/api/v1/doctors/${doctorId}/slots?from=${from}&to=${to}&onlyAvailable=${onlyAvailable}`,
    {
      headers: position === undefined ? {} : { 'holdfast-position': position },
    },
  )
  if (response.status === 404) return null
  if (response.status >= 500 || response.body.stale === true) return 'unavailable'
  if (response.status !== 200) throw new Error(`The list was refused: ${response.text}`)
  const items = response.body.items as ListedSlot[]
  return items.map(({ id, startsAt, capacity, available }) => ({ id, startsAt, capacity, available }))
}

/**
 * What a client sees that does as the contract says: it subscribes, reads each list at the position of `subscribed` or
 * `resync`, and sets what later messages contain.
 */
export type CalendarPicture = {
  /** The free places of a doctor by slot; null: a list is being read. */
  availableOf(doctorId: string): ReadonlyMap<string, number> | null
  end(): Promise<void>
}

type Picture = { available: Map<string, number> | null; messages: LiveServerMessage[]; reads: number }

/** fetch throws a TypeError when there is no response: the server was killed. */
function whenUnreachable(error: unknown): 'unavailable' {
  if (error instanceof TypeError) return 'unavailable'
  throw error
}

export async function calendarPicture(url: string, doctorIds: string[], query: ListQuery): Promise<CalendarPicture> {
  const client = await liveClient(url)
  const pictures = new Map(doctorIds.map((id): [string, Picture] => [id, { available: null, messages: [], reads: 0 }]))
  const reading = new Set<Promise<void>>()
  let isEnded = false

  const set = ({ available }: Picture, message: LiveServerMessage) => {
    if (message.type !== 'slots' || available === null) return
    for (const item of message.items) if (available.has(item.id)) available.set(item.id, item.available)
  }
  const readList = async (doctorId: string, picture: Picture, position: string) => {
    picture.reads += 1
    const thisRead = picture.reads
    picture.available = null
    picture.messages = []
    let list: Awaited<ReturnType<typeof listSlots>> = 'unavailable'
    while (list === 'unavailable') {
      if (isEnded || picture.reads !== thisRead) return
      list = await listSlots(url, doctorId, query, position).catch(whenUnreachable)
      if (list === 'unavailable') await delay(20)
    }
    if (picture.reads !== thisRead) return
    picture.available = new Map((list ?? []).map(({ id, available }) => [id, available]))
    // The list may be from before or after these messages. If it is from after, others will follow.
    for (const message of picture.messages) set(picture, message)
  }
  client.socket.on('message', (data) => {
    const message = JSON.parse(data.toString()) as LiveServerMessage
    if (message.type === 'slots') {
      const picture = pictures.get(message.doctorId)
      picture?.messages.push(message)
      if (picture !== undefined) set(picture, message)
    } else if (message.type === 'subscribed' || message.type === 'resync') {
      for (const doctorId of message.doctorIds) {
        const picture = pictures.get(doctorId)
        if (picture === undefined || isEnded) continue
        const read = readList(doctorId, picture, message.position).finally(() => reading.delete(read))
        reading.add(read)
      }
    }
  })
  await client.subscribe(doctorIds)
  return {
    availableOf: (doctorId) => pictures.get(doctorId)?.available ?? null,
    async end() {
      isEnded = true
      await client.end()
      await Promise.all(reading)
    },
  }
}
