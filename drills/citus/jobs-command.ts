import type { JobsResult } from './run-jobs-drill.ts'

/** The result as a table. */
export function jobsTable(result: JobsResult): string {
  const { bookings, mails, holds, stored, partitions } = result
  const rows = [
    ['shards', `${result.shards} on ${result.nodes} nodes`],
    ['bookings', `${bookings}, in all shards at once, before and after the move of a shard`],
    ['e-mails about them', `${mails.arrived}, ${mails.german} as the account chose, ${mails.repeated} repeated`],
    ['deliveries to webhooks', String(result.delivered)],
    ['holds', `${holds.expired} of ${holds.lapsed} expired by the queue of their shard`],
    ['stored e-mails', `${stored.arrived} of ${stored.mails} arrived`],
    ['partitions', `${partitions.byCoordinator} by the coordinator, ${partitions.byShard} by a shard`],
    ['queues elsewhere', result.queuesElsewhere.join(', ') || 'none'],
    ['warnings', result.failures.join('\n') || 'none'],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(40)}${value}\n`).join('')
}

/** What must not have happened. */
export function failuresOfJobs(result: JobsResult): string[] {
  const { bookings, mails, delivered, holds, stored, partitions, queuesElsewhere } = result
  return [
    ...(mails.arrived - mails.repeated === bookings ? [] : ['not each booking was announced']),
    ...(mails.repeated === 0 ? [] : [`${mails.repeated} e-mails were sent twice`]),
    ...(mails.german === mails.arrived ? [] : ['an e-mail was not in the language that the account chose']),
    ...(delivered === bookings ? [] : ['not each booking was delivered to the webhook of its clinic, once']),
    ...(holds.expired === holds.lapsed && holds.lapsed > 0 ? [] : ['a hold did not expire']),
    ...(stored.arrived === stored.mails && stored.mails > 0 ? [] : ['not each stored e-mail arrived once']),
    ...(partitions.byCoordinator > 0 && partitions.byShard === 0 ? [] : ['the coordinator alone creates partitions']),
    ...queuesElsewhere.map((queue) => `a queue is where its shard is not: ${queue}`),
    ...(result.failures.length === 0 ? [] : ['the jobs logged warnings']),
  ]
}
