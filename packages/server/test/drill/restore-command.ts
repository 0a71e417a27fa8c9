import type { DrillResult } from './run-restore-drill.ts'

/** The result as a table. */
export function restoreTable(result: DrillResult): string {
  const { before, whileCopying, whileArchiving, ratio } = result.bookingsPerSecond
  const rows: [string, string | number][] = [
    ['acknowledged', result.acknowledged],
    [
      'refused',
      Object.entries(result.refused)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ') || 0,
    ],
    [`acknowledged before ${result.moment}`, result.acknowledgedBefore],
    ['restored of these', result.restored],
    ['lost', result.lost],
    ['restored although they began later', result.unexpected],
    ['mismatches found by verify', result.mismatches],
    ['newest restorable moment at the end', `${result.secondsAtRisk} s ago`],
    ['restored in', `${result.restoreSeconds} s`],
    ['stored', `${result.storedMegabytes} MB`],
    ['bookings/s without backups', before],
    ['bookings/s while the first copy was taken', whileCopying],
    ['bookings/s while backups were archived', `${whileArchiving} (${ratio})`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(56)}${value}\n`).join('')
}
