import type { Distribution } from '@holdfast/engine/distribute-database'
import type { WrittenShards } from '@holdfast/engine/write-shard-schemas'

/** What `holdfast migrate --citus` has done. */
export type Done = WrittenShards & {
  nodes: number
  /** null: it was finished before. */
  distribution: Distribution | null
  applied: readonly string[]
}

/** As printed by `--json`. @param seconds it took */
export function reportOf({ nodes, distribution, written, refused, applied }: Done, seconds: number) {
  const distributed = distribution?.distributed ?? null
  return {
    nodes,
    shards: written.length,
    ownRows: written.reduce((sum, { copiedRows }) => sum + (copiedRows ?? 0), 0),
    updatedShards: written.filter(({ isWritten }) => isWritten).length,
    shardsWithLoss: written.filter(({ hasLostRows }) => hasLostRows).map(({ schema }) => schema),
    refused: [...refused.keys()],
    distributed,
    applied,
    completed: distribution?.isFinished === true && distributed === null,
    finished: distribution?.isFinished ?? true,
    seconds,
  }
}

const afterwards = [
  'There is no way back. Start Holdfast with the same DATABASE_URL, which leads to the coordinator.',
  'On this database, `holdfast import`, `archive`, `backup`, `move-database` and `renumber-log` do not work, and ' +
    'HOLDFAST_BACKUP_TO, DATABASE_REPLICA_URLS and poolers are refused: see “Citus” in docs/operations/cluster.md.',
]

const notFinished = 'The distribution is not finished, and there is no way back: run `holdfast migrate --citus` again.'

/** As printed without `--json`. */
export function linesOf(report: ReturnType<typeof reportOf>): string[] {
  const { nodes, shards, distributed, ownRows, applied, completed, finished, updatedShards, seconds } = report
  const whole = (value: number) => value.toLocaleString('en')
  const where = `${whole(shards)} shards on ${whole(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`
  const lines = [
    ...applied.map((name) => `applied ${name}`),
    ...report.shardsWithLoss.map((schema) => `The shard ${schema} goes on without the own rows that are lost.`),
    ...(finished ? [] : [notFinished]),
  ]
  // What was distributed now stays so, also if some shard cannot be used yet.
  if (report.refused.length > 0 && distributed === null) return lines
  if (distributed !== null) {
    lines.push(
      `Distributed ${distributed.tables} tables with ${whole(distributed.rows)} rows, and copied ${whole(ownRows)} ` +
        `rows of the shards' own tables: ${where}, in ${seconds} s.`,
    )
    if (finished) lines.push(...afterwards)
  } else if (completed) {
    lines.push(
      `Completed the distribution, and copied ${whole(ownRows)} rows of the shards' own tables: ${where}, in ` +
        `${seconds} s.`,
    )
  } else if (updatedShards > 0) {
    lines.push(`Updated the database: ${updatedShards} of ${where}, in ${seconds} s.`)
  } else lines.push(`The database is distributed: ${where}. No shard had to be updated.`)
  return lines
}
