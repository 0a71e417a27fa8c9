import type { Case, CaseConflict, TheatreBoard } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'
import { formatMinutes, formatNumber, formatTime } from '../../lib/i18n/format.ts'
import { ownerName } from './owner-text.ts'

type Named = { id: string; name: string }

/** The names of what a board or a page has, by id; a dash for what is unknown. */
export type Names = {
  room(id: string): string
  person(id: string): string
  equipment(id: string): string
  caseOf(id: string): Case | undefined
}

type NameSources = {
  rooms: readonly Named[]
  people: readonly Named[]
  equipment: readonly Named[]
  cases: readonly Case[]
}

export function namesOf({ rooms, people, equipment, cases }: NameSources): Names {
  const nameIn = (all: readonly Named[]) => {
    const names = new Map(all.map(({ id, name }) => [id, name]))
    return (id: string) => names.get(id) ?? '–'
  }
  const byId = new Map(cases.map((one) => [one.id, one]))
  return {
    room: nameIn(rooms),
    person: nameIn(people),
    equipment: nameIn(equipment),
    caseOf: (id) => byId.get(id),
  }
}

/** The board before anything is read. */
export const noBoard: Pick<TheatreBoard, 'rooms' | 'people' | 'equipment' | 'cases'> = {
  rooms: [],
  people: [],
  equipment: [],
  cases: [],
}

/** What is in the way, as a sentence: `Dr. Chen is in room 2 until 10:45.` */
export function conflictText(conflict: CaseConflict, names: Names, timeZone: string, t: TFunction<'theatre'>): string {
  const { code, name, blockEndsAt, remainingMinutes, service, surgeonId, units } = conflict
  const who = name ?? '–'
  switch (code) {
    case 'resource_busy':
      return busyText(conflict, names, timeZone, t)
    case 'units_missing':
      return t('conflict.units_missing', { name: who, units: formatNumber(units ?? 0) })
    case 'block_overrun':
      return t('conflict.block_overrun', {
        minutes: formatMinutes(remainingMinutes ?? 0),
        time: blockEndsAt ? formatTime(blockEndsAt, timeZone) : '–',
      })
    case 'block_owned':
      return t('conflict.block_owned', {
        name: ownerName({ service: service ?? null, surgeonId: surgeonId ?? null }, names) ?? '–',
      })
    case 'preferred_equipment':
      return t('conflict.preferred_equipment', { name: who })
    case 'room_not_requested':
      return t('conflict.room_not_requested', { name: who })
    case 'person_away':
      return t('conflict.person_away', { name: who })
    default:
      return t(`conflict.${code}`)
  }
}

function busyText(conflict: CaseConflict, names: Names, timeZone: string, t: TFunction<'theatre'>): string {
  const { kind, from, to, caseId, slotId, unit } = conflict
  const values = {
    name: conflict.name ?? '–',
    unit: formatNumber(unit ?? 1),
    from: from ? formatTime(from, timeZone) : '–',
    to: to ? formatTime(to, timeZone) : '–',
  }
  if (slotId) return t('busy.slot', values)
  const other = caseId ? names.caseOf(caseId) : undefined
  if (kind === 'room') {
    return other === undefined
      ? t('busy.room', values)
      : t('busy.roomBy', { ...values, procedure: other.procedure.display })
  }
  const room = other === undefined ? null : names.room(other.roomId)
  if (kind === 'equipment')
    return room === null ? t('busy.equipment', values) : t('busy.equipmentIn', { ...values, room })
  if (kind === 'patient') return room === null ? t('busy.patient', values) : t('busy.patientIn', { ...values, room })
  return room === null ? t('busy.person', values) : t('busy.personIn', { ...values, room })
}
