/** A statement of a migration. */
export type Statement = {
  text: string
  /** The same without comments, and with empty strings: what it says to PostgreSQL's grammar. */
  bare: string
  /** What the comment before it says about databases on Citus; null: nothing. */
  marked: 'in shards' | 'on the coordinator' | null
}

/** Comments, strings, quoted names and dollar-quoted bodies have no end of a statement; a lone character may be one. */
const token =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([a-z_]\w*)?\$[\s\S]*?\$\1\$|[^;'"$/-]+|[\s\S]/gi

const mark = /^--\s*On Citus: (in shards|on the coordinator)\b/

/** The statements of a migration, without those that are only comments. */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = []
  let current = empty()
  const end = () => {
    if (current.bare.trim() !== '')
      statements.push({ ...current, text: current.text.trim(), bare: oneLine(current.bare) })
    current = empty()
  }
  for (const [part] of text.matchAll(token)) {
    if (part === ';') {
      end()
      continue
    }
    current.text += part
    current.bare += bareOf(part)
    if (part.startsWith('--')) current.marked = (mark.exec(part)?.[1] as Statement['marked']) ?? current.marked
  }
  end()
  return statements
}

const empty = (): Statement => ({ text: '', bare: '', marked: null })

function bareOf(part: string): string {
  if (part.startsWith('--') || part.startsWith('/*')) return ' '
  if (part.length > 1 && (part.startsWith("'") || part.startsWith('$'))) return "''"
  return part
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
