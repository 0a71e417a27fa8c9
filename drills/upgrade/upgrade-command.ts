import type { UpgradeResult } from './run-upgrade-drill.ts'

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfUpgrade(result: UpgradeResult, requestsMin: number): string[] {
  const { requests, live, verify } = result
  const cut = Object.values(live.cut).reduce((sum, count) => sum + count, 0)
  return [
    ...result.failures,
    ...(requests.failed > 0 ? [`${requests.failed} of ${requests.ok + requests.failed} requests failed`] : []),
    ...(requests.ok < requestsMin ? [`${requests.ok} requests are fewer than ${requestsMin}`] : []),
    ...(result.lost > 0 ? [`${result.lost} acknowledged bookings are lost`] : []),
    ...(result.duplicated > 0 ? [`${result.duplicated} bookings are duplicates`] : []),
    ...(cut > 0 ? [`${cut} live connections ended without being told to connect again`] : []),
    ...(live.refused > 0 ? [`${live.refused} live connections or their lists were refused`] : []),
    ...(live.closedByServer === 0 ? ['no live connection was told to connect again: this run proves nothing'] : []),
    ...(live.wrong > 0 ? [`${live.wrong} live pictures are not as the database`] : []),
    ...(verify.mismatches + verify.overbooked > 0
      ? [`verify: ${verify.mismatches} mismatches, ${verify.overbooked} overbooked`]
      : []),
  ]
}

/** The result as a table. */
export function upgradeTable(result: UpgradeResult): string {
  const { requests, live, verify } = result
  const rows: [string, string | number][] = [
    ['from', result.from],
    ...[...result.steps, { ...requests, what: 'all' }].map(({ what, ok, failed, slowestMs }): [string, string] => [
      what,
      `${ok} requests, ${failed} failed, the slowest ${slowestMs} ms`,
    ]),
    ['repeated, after nginx read its files', requests.repeated],
    ['acknowledged', result.acknowledged],
    ['lost', result.lost],
    ['duplicated', result.duplicated],
    ['live connections told to connect again', live.closedByServer],
    ['  ended otherwise, refused', `${Object.values(live.cut).reduce((a, b) => a + b, 0)}, ${live.refused}`],
    ['  resumed, read again', `${live.resumed}, ${live.resynced}`],
    ['  wrong in the end', live.wrong],
    ['found by verify', `${verify.mismatches} mismatches, ${verify.overbooked} overbooked`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(44)}${value}\n`).join('')
}
