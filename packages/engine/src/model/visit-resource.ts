import type { VisitResourceKind } from '@holdfast/vocabulary'
import type { ExternalId } from './external-id.ts'

/**
 * A room or a kind of device that visits take beside the doctor. Not the theatre's: its rooms and equipment are taken
 * by cases alone.
 */
export type VisitResource = {
  id: string
  kind: VisitResourceKind
  name: string
  /** Identical pieces of a device; of a room 1. */
  units: number
  /** false: no further visit takes it. */
  active: boolean
  externalIds: ExternalId[]
}

export type NewVisitResource = Omit<VisitResource, 'id' | 'active' | 'externalIds'> & { externalIds?: ExternalId[] }

/** What is left out stays as it is. `withVisits`: it may be switched off while visits to come have it. */
export type VisitResourceChange = Partial<Omit<VisitResource, 'id' | 'kind'>> & { withVisits?: boolean }

/** Another room, or another device, of the clinic has this name, in whatever case of its letters. */
export type VisitResourceNamed = { kind: 'visit_resource_name_taken' }

export type CreateVisitResourceOutcome =
  | { kind: 'done' | 'replayed'; resource: VisitResource }
  | VisitResourceNamed
  | { kind: 'too_many_visit_resources' | 'key_reused' }

export type UpdateVisitResourceOutcome =
  | { kind: 'done'; resource: VisitResource }
  | { kind: 'visit_resource_missing' }
  | VisitResourceNamed
  /** So many visits to come have what would go, the first of them from then on. */
  | { kind: 'visit_resource_in_use'; visits: number; firstStartsAt: Date }
  /** A room has one unit. */
  | { kind: 'room_has_no_units' }

/** What a visit type needs beside the doctor. */
export type VisitNeeds = {
  /** A room: one of `roomIds`, or any of the clinic if there are none. */
  room: boolean
  roomIds: string[]
  /** A unit of each of them. */
  deviceIds: string[]
}

/** What a visit takes beside the doctor. */
export type TakenResource = { id: string; kind: VisitResourceKind; name: string }

/** As the database names them: an operating room is a room, too. */
const storedKinds = { room: 'consulting_room', device: 'device' } as const

export function storedKindOf(kind: VisitResourceKind): string {
  return storedKinds[kind]
}

export function kindOfVisitResource(stored: string): VisitResourceKind {
  return stored === storedKinds.room ? 'room' : 'device'
}
