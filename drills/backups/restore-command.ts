import type { DrillResult } from './run-restore-drill.ts'

/** The result as a table. */
export function restoreTable(result: DrillResult): string {
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
    ['restored in another slot or state', result.differing],
    ['lost', result.lost],
    ['restored although they began later', result.unexpected],
    ['mismatches found by verify', result.mismatches],
    ['newest restorable moment at the end', `${result.secondsAtRisk} s ago`],
    ['recovered in', `${result.recoveredSeconds.toFixed(1)} s`],
    ['recovered, verified and ready to start in', `${result.restoredSeconds.toFixed(1)} s`],
    ['stored', `${result.storedMegabytes} MB`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(56)}${value}\n`).join('')
}
