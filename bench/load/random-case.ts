/** What a theatre of the benchmark has. Requests name things by their number. */
export const theatreShape = { rooms: 10, surgeons: 20, kinds: 6, unitsOfKind: 5, patients: 2_000, days: 300 }
/** The length of each room's block on each day. */
export const blockMinutes = 540
/** When the first case of a day starts, after midnight. */
export const dayStartsAtMinute = 8 * 60
/** The opening hours of every room, each day of the week, in local time. */
export const openFromHour = 6
export const openToHour = 20
/** The service of all cases, which owns all blocks. */
export const serviceOfCases = 'Orthopaedics'
const turnoversOfRooms = [0, 10, 20]
const reprocessingOfKinds = [0, 15, 30]

export type RequestedCase = {
  room: number
  surgeon: number
  patient: number
  day: number
  /** Minutes after midnight. */
  startMinute: number
  minutes: number
  equipment: { kind: number; units: number }[]
}

export function turnoverOf(room: number): number {
  return turnoversOfRooms[room % turnoversOfRooms.length] ?? 0
}

export function reprocessingOf(kind: number): number {
  return reprocessingOfKinds[kind % reprocessingOfKinds.length] ?? 0
}

/** A case at random: 30 to 120 minutes in one of the blocks, with up to two kinds of equipment. */
export function randomCase(random: () => number): RequestedCase {
  const below = (count: number) => Math.floor(random() * count)
  const { rooms, surgeons, kinds, patients, days } = theatreShape
  const minutes = 30 + 15 * below(7)
  const equipment = new Map<number, number>()
  for (let count = below(3); count > 0; count -= 1) equipment.set(below(kinds), 1 + below(2))
  return {
    room: below(rooms),
    surgeon: below(surgeons),
    patient: below(patients),
    day: below(days),
    startMinute: dayStartsAtMinute + 15 * below((blockMinutes - 120) / 15),
    minutes,
    equipment: [...equipment].map(([kind, units]) => ({ kind, units })),
  }
}
