import type { CitusResult } from './run-citus-drill.ts'

/** The result as a table. */
export function citusTable(result: CitusResult): string {
  const { distribution } = result
  const rows = [
    ['shards', `${result.shards}, with ${result.clinics} clinics`],
    ['bookings distributed', `${distribution.bookings}, with ${distribution.rows} rows of tables of clinics`],
    ['interrupted', `after ${distribution.interruptedAfter} shards; the rest in ${distribution.seconds.toFixed(1)} s`],
    ['tables that differ afterwards', distribution.differing.join(', ') || 'none'],
    ['verify before and afterwards', `${distribution.verify.before} and ${distribution.verify.after} findings`],
    ['reads over all clinics', `${distribution.reads.compared}, ${distribution.reads.differing.length} differ`],
    ['differ without the shards', String(distribution.reads.differingWithoutShards)],
    ['own tables left out', `${distribution.controls.found} of ${distribution.controls.tried} found`],
    ...result.moves.map(({ shard, movedMs, gapMs }) => [
      `${shard} moved`,
      `in ${movedMs} ms; ${gapMs} ms without an acknowledgement in it`,
    ]),
    ...result.splits.map(({ shard, parts, splitMs, gapMs }) => [
      `${shard} split`,
      `into ${parts.length} in ${splitMs} ms; ${gapMs} ms without an acknowledgement in one`,
    ]),
    ['bookings/s meanwhile', String(result.bookingsPerSecond)],
    ['acknowledged', String(result.acknowledged)],
    ['lost', String(result.lost)],
    ['duplicated', String(result.duplicated)],
    ['200 clients for 50 places', `${result.contention.booked} booked`],
    ['repeated, with their keys', String(result.repeated)],
    ['verify', `${result.verify.mismatches} mismatches, ${result.verify.overbooked} overbooked`],
    ['own tables that lost rows', result.ownRowsLost.join(', ') || 'none'],
    ['columns of patients with statistics', String(result.columnsWithStatistics)],
    ['rows of another shard’s clinics', `${result.foreignRows.refused} of ${result.foreignRows.tried} refused`],
    ['accounts on the coordinator', result.accountsFailed.join('; ') || 'as on a plain database'],
    [
      `${result.movedBack.shard} moved away and back`,
      `${result.movedBack.hasRow ? 'with' : 'without'} what it got on the other node`,
    ],
    ['stored without the guard', String(result.foreignRows.takenWithoutGuard)],
    ['lost without the guard', String(result.controlLost)],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(40)}${value}\n`).join('')
}

/** What must not have happened. */
export function failuresOfCitus(result: CitusResult): string[] {
  const { distribution, moves, lost, duplicated, contention, verify, ownRowsLost, foreignRows, controlLost } = result
  return [
    ...distribution.differing.map((table) => `the rows of ${table} are not where they belong`),
    ...distribution.reads.differing.map((read) => `the coordinator reads something else: ${read}`),
    ...(distribution.reads.differingWithoutShards > 0
      ? []
      : ['no read needs the shards: comparing them proves nothing']),
    ...(distribution.verify.before + distribution.verify.after === 0 && distribution.verify.isSame
      ? []
      : ['verify found other things in the shards than before']),
    ...(distribution.controls.found === distribution.controls.tried
      ? []
      : ['an own table was left out, and that was not found']),
    ...(moves.length === 0 ? ['no shard was moved'] : []),
    ...(lost === 0 ? [] : [`${lost} acknowledged bookings were lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} bookings were made twice`]),
    ...(contention.booked === contention.capacity ? [] : [`${contention.booked} of 50 places were booked`]),
    ...(verify.mismatches + verify.overbooked === 0 ? [] : ['the shards are not what their logs say']),
    ...ownRowsLost.map((table) => `rows of ${table} have not followed their shards`),
    ...(result.splits.every(({ parts }) => parts.length === 2) ? [] : ['a shard was not split into two']),
    ...(result.columnsWithStatistics === 0 ? [] : ['PostgreSQL collects statistics of what patients wrote']),
    ...(foreignRows.refused === foreignRows.tried ? [] : ['a shard stored a row of a clinic of another one']),
    ...(foreignRows.takenWithoutGuard > 0 ? [] : ['without the guard no row was stored: its check proves nothing']),
    ...result.accountsFailed.map((step) => `of accounts on the coordinator: ${step}`),
    ...(result.movedBack.wasLeft ? [] : ['what a moved shard has left was dropped: moving it back proves nothing']),
    ...(result.movedBack.hasRow ? [] : ['a shard that was moved back has lost rows of its own']),
    ...(controlLost > 0 ? [] : ['nothing was lost without the guard: this drill proves nothing']),
  ]
}
