import { type KindOf, ofKind, type Planned, referenceProblem } from './statement-plan.ts'

/** What Citus and the views of shards allow. */
const allowed = new RegExp(
  [
    'add column (?:if not exists )?[a-z_0-9]+ ',
    'drop column (?:if exists )?[a-z_0-9]+$',
    'alter (?:column )?[a-z_0-9]+ (?:set|drop) (?:default|not null)',
    'alter (?:column )?[a-z_0-9]+ set statistics',
    'add constraint [a-z_0-9]+ (?:check|foreign key|unique|primary key|exclude)\\b',
    'drop constraint (?:if exists )?[a-z_0-9]+$',
    'validate constraint [a-z_0-9]+$',
  ].join('|'),
  'i',
)

/** `alter table`, by its actions. */
export function planAlterTable(table: string, actions: string, kinds: KindOf): Planned {
  const kind = kinds(table)
  const list = splitActions(actions)
  const strange = list.find((action) => !new RegExp(`^(?:${allowed.source})`, 'i').test(action))
  if (strange !== undefined) {
    return { problem: `“${strange}” is not known to work: add another column or table instead, and copy` }
  }
  const referring = referenceProblem(table, actions, kinds)
  if (referring !== null) return referring
  if (kind !== 'distributed' && kind !== 'reference') return ofKind(kind)
  const inline = list.find((action) => /^add column .*\b(references|unique|primary key)\b/i.test(action))
  if (inline !== undefined)
    return { problem: `“${inline}” has a key: add it by “add constraint” in a statement of its own` }
  const columns = list.flatMap((action) => /^drop column (?:if exists )?([a-z_0-9]+)$/i.exec(action)?.[1] ?? [])
  return columns.length === 0 ? ofKind(kind) : { ...ofKind(kind), frees: { table, columns } }
}

/** At commas that are in no parentheses. */
function splitActions(actions: string): string[] {
  const found: string[] = []
  let [depth, from] = [0, 0]
  for (const [index, character] of [...actions].entries()) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (character !== ',' || depth > 0) continue
    found.push(actions.slice(from, index))
    from = index + 1
  }
  return [...found, actions.slice(from)].map((action) => action.trim())
}
