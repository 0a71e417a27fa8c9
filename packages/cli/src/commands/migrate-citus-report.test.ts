import type { Distribution } from '@holdfast/engine/distribute-database'
import { expect, test } from 'vitest'
import { type Done, linesOf, reportOf } from './migrate-citus-report.ts'

const shard = (n: number, found: Partial<Done['written'][number]> = {}) => ({
  schema: `holdfast_${n}`,
  shardId: n,
  ownerUrl: 'postgres://node/db',
  copiedRows: null,
  isWritten: false,
  hasLostRows: false,
  ...found,
})
const refused: Done['refused'] = new Map([['holdfast_2', { reason: 'It is lost.', waitsFor: [], isFinal: true }]])
const done = (found: Partial<Done> = {}): Done => ({
  nodes: 2,
  distribution: null,
  written: [shard(1), shard(2)],
  refused: new Map(),
  applied: [],
  ...found,
})
const distribution = (found: Partial<Distribution> = {}): Distribution => ({
  nodes: 2,
  written: [],
  refused: new Map(),
  distributed: null,
  isFinished: true,
  ...found,
})
const copied = [shard(1, { copiedRows: 1_000, isWritten: true }), shard(2, { copiedRows: 34, isWritten: true })]

test.for([
  [
    'a first distribution',
    done({ distribution: distribution({ distributed: { tables: 35, rows: 12_345 } }), written: copied }),
    { completed: false, finished: true, ownRows: 1_034 },
    /^Distributed 35 tables with 12,345 rows, and copied 1,034 rows .*: 2 shards on 2 nodes, in 3 s\.\nThere is/,
  ],
  [
    'one that was interrupted',
    done({ distribution: distribution(), written: copied }),
    { completed: true, finished: true },
    /^Completed the distribution, and copied 1,034 rows .*: 2 shards on 2 nodes, in 3 s\.$/,
  ],
  [
    'one that is interrupted again',
    done({ distribution: distribution({ isFinished: false }), written: [shard(1)], refused }),
    { completed: false, finished: false, refused: ['holdfast_2'] },
    /^The distribution is not finished, and there is no way back: run `holdfast migrate --citus` again\.$/,
  ],
  [
    'an update with a moved and a lost shard',
    done({ applied: ['0099.sql'], written: [shard(1, { isWritten: true, hasLostRows: true }), shard(2)] }),
    { completed: false, finished: true, updatedShards: 1, shardsWithLoss: ['holdfast_1'] },
    /^applied 0099\.sql\nThe shard holdfast_1 goes on without .*\nUpdated the database: 1 of 2 shards on 2 nodes/,
  ],
  [
    'an update in which a shard is refused',
    done({ written: [shard(1)], refused }),
    { completed: false, finished: true, refused: ['holdfast_2'] },
    /^$/,
  ],
  [
    'one with nothing to do',
    done(),
    { completed: false, finished: true, updatedShards: 0 },
    /^The database is distributed: 2 shards on 2 nodes\. No shard had to be updated\.$/,
  ],
] as const)('%s is reported', ([, found, json, text]) => {
  const report = reportOf(found, 3)
  expect(report).toMatchObject(json)
  expect(linesOf(report).join('\n')).toMatch(text)
})
