import type { Statement } from '../../migrate/split-statements.ts'
import { kindOf } from '../tables/table-kinds.ts'
import { planAlterTable } from './plan-alter-table.ts'
import { planDataChange } from './plan-data-change.ts'
import {
  alone,
  type KindOf,
  ofKind,
  type Planned,
  passedOn,
  referenceProblem,
  type StatementProblem,
} from './statement-plan.ts'

type Rule = { pattern: RegExp; plan(match: RegExpExecArray, statement: Statement, kinds: KindOf): Planned }
const table = 'holdfast\\.([a-z_0-9]+)'
const rule = (pattern: string, plan: Rule['plan']): Rule => ({ pattern: new RegExp(`^${pattern}`, 'i'), plan })

/** The first whose pattern matches. */
const rules: readonly Rule[] = [
  rule('create table(?: if not exists)? [a-z_0-9.]+ partition of ', () => ({
    problem: 'partitions are created by ensure-partitions.ts, and get the guards of each shard',
  })),
  rule(`create table(?: if not exists)? ${table}`, ([, name = ''], statement, kinds) =>
    planNew(name, statement, kinds),
  ),
  rule(`create (?:unique )?index(?: if not exists)? [a-z_0-9]+ on (?:only )?${table}`, ([, name = ''], _, kinds) =>
    ofKind(kinds(name)),
  ),
  // Which table it is of cannot be seen; a shard that has no such index goes on.
  rule('drop index if exists holdfast\\.', () => ({ ...passedOn, inShards: true })),
  rule('drop index ', () => ({ problem: 'write “drop index if exists”: most shards have no such index' })),
  rule(`alter table (?:if exists )?(?:only )?${table} `, ([, name = ''], { text }, kinds) =>
    planAlterTable(name, text, kinds),
  ),
  rule(`drop table (?:if exists )?${table}$`, ([, name = ''], _, kinds) => {
    const kind = kinds(name)
    return kind !== 'distributed' && kind !== 'reference'
      ? ofKind(kind)
      : { ...passedOn, frees: { table: name, columns: null } }
  }),
  rule(`create (?:or replace )?(?:constraint )?trigger [a-z_0-9]+ .*? on ${table}`, ([, name = ''], _, kinds) =>
    kinds(name) === 'distributed' ? { ...alone, triggerOf: name } : triggerProblem(name),
  ),
  rule(`drop trigger (?:if exists )?([a-z_0-9]+) on ${table}$`, ([, trigger = '', name = ''], _, kinds) =>
    kinds(name) === 'distributed'
      ? { coordinator: 'not', inShards: false, dropsTrigger: { table: name, name: trigger } }
      : triggerProblem(name),
  ),
  rule('create (?:or replace )?function holdfast\\.', (_, { bare }) => {
    if (/\bbegin atomic\b/i.test(bare))
      return { problem: 'write the body between dollars: its statements end with “;”' }
    // Nodes need those of checks alone, and a trigger's is in the schema of each shard.
    return /\breturns trigger\b/i.test(bare) ? alone : passedOn
  }),
  rule('drop function (?:if exists )?holdfast\\.', () => passedOn),
  rule('create type holdfast\\.[a-z_0-9]+ as \\(', () => alone),
  rule('create type ', () => ({ problem: 'a shard copies composite types alone: use a check instead' })),
  rule('(?:alter|drop) type (?:if exists )?holdfast\\.', () => passedOn),
  rule(
    'create (?:or replace )?view holdfast\\.|drop view (?:if exists )?holdfast\\.|comment on |grant |revoke ',
    () => alone,
  ),
  rule('create sequence |create extension ', () => passedOn),
  rule(`(insert into|update|delete from) (?:only )?${table}`, ([, verb = '', name = ''], { bare }, kinds) =>
    planDataChange({ verb, table: name, bare }, kinds),
  ),
]

/** How a statement runs, or why it does not. */
export function planStatement(statement: Statement, kinds: KindOf = kindOf): Planned {
  if (statement.marked === 'in shards') return { coordinator: 'not', inShards: true }
  if (statement.marked === 'on the coordinator') return alone
  for (const { pattern, plan } of rules) {
    const match = pattern.exec(statement.bare)
    if (match !== null) return plan(match, statement, kinds)
  }
  return { problem: 'mark it with a comment “-- On Citus: in shards” or “-- On Citus: on the coordinator”' }
}

function planNew(name: string, { bare }: Statement, kinds: KindOf): Planned {
  const kind = kinds(name)
  const problem = referenceProblem(name, bare, kinds)
  if (problem !== null) return problem
  if (kind !== 'distributed' && kind !== 'reference') return ofKind(kind)
  if (/\b(smallint|integer|int) generated |\b(small)?serial\b/i.test(bare)) {
    return { problem: 'Citus draws numbers of columns of the type bigint alone: “bigint generated always as identity”' }
  }
  return { ...alone, creates: name }
}

function triggerProblem(name: string): StatementProblem {
  return { problem: `a trigger is on a distributed table, which ${name} is not: write it into the functions instead` }
}
