import { failuresOfHungNode } from './hang-node.ts'
import type { ServerDrillResult } from './run-server-drill.ts'

/** The result as a table. */
export function serverTable(result: ServerDrillResult): string {
  const { moves, split, contention, verify, differences, hung, holds, speeds } = result
  const rows = [
    ['servers', `2 on ${result.shards} shards, with ${result.clinics} clinics`],
    ...(speeds === null
      ? []
      : [
          ['bookings/s on Citus', speeds.citus.join(', ')],
          ['bookings/s on plain PostgreSQL', speeds.plain.join(', ')],
          ['ratio of the medians', String(speeds.ratio)],
        ]),
    ...moves.map(({ shard, mode, interrupted, movedMs, gapMs }) => [
      `${shard} moved`,
      `by ${mode} in ${movedMs} ms${interrupted === null ? '' : ` (interrupted: ${interrupted})`}; ` +
        `${gapMs} ms without an acknowledgement in it`,
    ]),
    [
      `${split.shard} split`,
      `in ${split.splitMs} ms; ${split.gapMs} ms without an acknowledgement in it; the servers ended with ` +
        split.endings.map((codes) => codes.join(', ')).join(' and '),
    ],
    [
      `${hung.node} suspended`,
      `for ${hung.hungMs} ms; on other nodes ${hung.signIns} sign-ins with two reads, of at most ` +
        `${hung.slowestMs} ms, and ${hung.booked} bookings, with ${hung.gapMs} ms without one at most; its own ` +
        `clinics booked again after ${hung.backMs} ms; a server that started meanwhile in ${hung.startedMs} ms ` +
        `booked there after ${hung.backThereMs} ms`,
    ],
    ['acknowledged', String(result.acknowledged)],
    ['lost', String(result.lost)],
    ['duplicated', String(result.duplicated)],
    ['200 clients for 50 places', `${contention.booked} booked, ${contention.stored} stored`],
    ['failed requests, repeated with their keys', JSON.stringify(result.failedRequests)],
    ['faults', result.faults.slice(0, 5).join('; ') || 'none'],
    ['verify', `${verify.mismatches} mismatches, ${verify.overbooked} overbooked`],
    [
      'lists and live pictures that differ',
      `${differences.afterMoves} after the moves, ${differences.atEnd} at the end`,
    ],
    ['holds', `${holds.expired} of ${holds.lapsed} expired by the queue of their shard`],
    ['queues elsewhere', result.queuesElsewhere.join(', ') || 'none'],
    ['lost without the guard', String(result.controlLost)],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(44)}${value}\n`).join('')
}

/** What must not have happened. */
export function failuresOfServer(result: ServerDrillResult): string[] {
  const { moves, split, lost, duplicated, contention, verify, differences, holds, controlLost } = result
  const hasRestarted = split.isLogged && split.endings.every((codes) => codes.length === 1 && codes[0] === 1)
  return [
    ...result.faults.slice(0, 10),
    ...failuresOfHungNode(result.hung),
    ...(moves.length === 0 ? ['no shard was moved'] : []),
    ...(hasRestarted ? [] : ['not each server said that a shard was split, and ended once with 1']),
    ...(lost === 0 ? [] : [`${lost} acknowledged bookings were lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} bookings were made twice`]),
    ...(contention.booked === contention.capacity && contention.stored === contention.capacity
      ? []
      : [`${contention.booked} of ${contention.capacity} places were booked, and ${contention.stored} are stored`]),
    ...(verify.mismatches + verify.overbooked === 0 ? [] : ['the shards are not what their logs say']),
    ...(differences.afterMoves + differences.atEnd === 0 ? [] : ['lists or live pictures are not as the database']),
    ...(holds.lapsed > 0 && holds.expired === holds.lapsed ? [] : ['a hold did not expire']),
    ...result.queuesElsewhere.map((queue) => `a queue is where its shard is not: ${queue}`),
    ...(controlLost > 0 ? [] : ['without the guard nothing was lost either: this run proves nothing']),
  ]
}
