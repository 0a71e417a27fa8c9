import { splitList } from '../../migrate/split-statements.ts'
import { alone, type KindOf, ofKind, type Planned, passedOn, referenceProblem } from './statement-plan.ts'

/** What Citus and the views of shards allow. */
const allowed = new RegExp(
  `^(?:${[
    'add column (?:if not exists )?[a-z_0-9]+ ',
    'drop column (?:if exists )?[a-z_0-9]+$',
    'alter (?:column )?[a-z_0-9]+ (?:set|drop) (?:default|not null)',
    'alter (?:column )?[a-z_0-9]+ set statistics',
    'add constraint [a-z_0-9]+ (?:check|foreign key|unique|primary key|exclude)\\b',
    'drop constraint (?:if exists )?[a-z_0-9]+$',
    'validate constraint [a-z_0-9]+$',
  ].join('|')})`,
  'i',
)

/** Each node fills the new column in its copies of the rows: only a constant is the same on all. */
const isConstant = /^(?:'[^']*'|-?[0-9.]+|true|false|null)(?:::[a-z ]+)?(?: not null| constraint|$)/i
/** Of these, 'now' is no constant. */
const isOfTime = /^add column (?:if not exists )?[a-z_0-9]+ (?:timestamp|date|time)/i

function mayDifferByNode(bare: string): boolean {
  if (!/^add column /i.test(bare)) return false
  if (/ (?:generated\b|(?:big|small)?serial\b)/i.test(bare)) return true
  const [, expression] = / default (.*)$/i.exec(bare) ?? []
  return expression !== undefined && (isOfTime.test(bare) || !isConstant.test(expression))
}

type Action = { text: string; bare: string }

/** @param text `alter table` with its actions */
export function planAlterTable(table: string, text: string, kinds: KindOf): Planned {
  const kind = kinds(table)
  const [first, ...others] = splitList(text)
  const head = /^alter table (?:if exists )?(?:only )?[a-z_0-9.]+ /i.exec(first?.bare ?? '')?.[0] ?? ''
  const rest = /^alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?[a-z_0-9.]+\s+/i
  const actions = [{ text: first?.text.replace(rest, '') ?? '', bare: first?.bare.slice(head.length) ?? '' }, ...others]
  const strange = actions.find(({ bare }) => !allowed.test(bare))
  if (strange !== undefined) {
    return { problem: `“${strange.bare}” is not known to work: add another column or table instead, and copy` }
  }
  const referring = referenceProblem(table, actions.map(({ bare }) => bare).join(', '), kinds)
  if (referring !== null) return referring
  if (kind !== 'distributed' && kind !== 'reference') return ofKind(kind)
  for (const { bare } of actions) {
    if (/^add column .*\b(references|unique|primary key)\b/i.test(bare)) {
      return { problem: `“${bare}” has a key: add it by “add constraint”` }
    }
    if (/^add column (?!.*\bconstraint [a-z_0-9]+ check\b).*\bcheck\b/i.test(bare)) {
      return { problem: `“${bare}” has a check without a name: write “constraint … check”` }
    }
  }
  if (kind === 'reference') {
    const differing = actions.find(({ bare }) => mayDifferByNode(bare))
    if (differing !== undefined) {
      return {
        problem: `“${differing.bare}” may have another value on each node: add it without a default, and update it`,
      }
    }
  }
  const columns = actions.flatMap(({ bare }) => /^drop column (?:if exists )?([a-z_0-9]+)$/i.exec(bare)?.[1] ?? [])
  return {
    ...ofKind(kind),
    steps: actions.map((action) => stepOf(head, action)),
    ...(columns.length === 0 ? {} : { frees: { table, columns } }),
  }
}

/** Citus takes actions one by one; statistics are omitted of the shards when their views are written. */
function stepOf(head: string, { text, bare }: Action) {
  const isStatistics = /^alter (?:column )?[a-z_0-9]+ set statistics/i.test(bare)
  return { text: head + text, coordinator: (isStatistics ? alone : passedOn).coordinator }
}
