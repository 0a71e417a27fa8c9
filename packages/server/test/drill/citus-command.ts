import type { CitusResult } from './run-citus-drill.ts'

/** The result as a table. */
export function citusTable(result: CitusResult): string {
  const rows = [
    ['places', `${result.places}, with ${result.clinics} clinics`],
    ...result.moves.map(({ place, movedMs, gapMs }) => [
      `${place} moved`,
      `in ${movedMs} ms; ${gapMs} ms without an acknowledgement in it`,
    ]),
    ['bookings/s meanwhile', String(result.bookingsPerSecond)],
    ['acknowledged', String(result.acknowledged)],
    ['lost', String(result.lost)],
    ['duplicated', String(result.duplicated)],
    ['200 clients for 50 places', `${result.contention.booked} booked`],
    ['repeated, with their keys', String(result.repeated)],
    ['verify', `${result.verify.mismatches} mismatches, ${result.verify.overbooked} overbooked`],
    ['lost without the guard', String(result.controlLost)],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(40)}${value}\n`).join('')
}

/** What must not have happened. */
export function failuresOfCitus(result: CitusResult): string[] {
  const { moves, lost, duplicated, contention, verify, controlLost } = result
  return [
    ...(moves.length === 0 ? ['no place was moved'] : []),
    ...(lost === 0 ? [] : [`${lost} acknowledged bookings were lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} bookings were made twice`]),
    ...(contention.booked === contention.capacity ? [] : [`${contention.booked} of 50 places were booked`]),
    ...(verify.mismatches + verify.overbooked === 0 ? [] : ['the places are not what their logs say']),
    ...(controlLost > 0 ? [] : ['nothing was lost without the guard: this drill proves nothing']),
  ]
}
