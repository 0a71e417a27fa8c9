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

/**
 * The parts of a statement at the commas that are in no parentheses, such as the actions of `alter table`. Without
 * comments.
 */
export function splitList(text: string): { text: string; bare: string }[] {
  const parts = [{ text: '', bare: '' }]
  let depth = 0
  const add = (text: string, bare: string) => {
    const last = parts.at(-1)
    if (last !== undefined) Object.assign(last, { text: last.text + text, bare: last.bare + bare })
  }
  for (const [part] of text.matchAll(token)) {
    if (isComment(part)) add(' ', ' ')
    else if (part.startsWith('"') || bareOf(part) !== part) add(part, bareOf(part))
    else {
      for (const character of part) {
        depth += character === '(' ? 1 : character === ')' ? -1 : 0
        if (character === ',' && depth === 0) parts.push({ text: '', bare: '' })
        else add(character, character)
      }
    }
  }
  return parts.map((part) => ({ text: part.text.trim(), bare: oneLine(part.bare) }))
}

/** Why {@link splitStatements} would split a migration in wrong places; null: it does not. */
export function whyNotSplit(text: string): string | null {
  let before = ''
  for (const [part] of text.matchAll(token)) {
    if (part.startsWith('/*') && part.includes('/*', 2)) return 'it has a comment within a comment'
    const isEscaped = part.startsWith("'") && part.includes('\\')
    if (isEscaped && /(?<!\w)e$/i.test(before)) return "it has a backslash in a string of the form E'…'"
    before = part
  }
  return null
}

/** The statements of a migration, without those that are only comments. */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = []
  let current = empty()
  const end = () => {
    if (current.bare.trim() !== '')
      statements.push({ ...current, text: current.text.trim(), bare: oneLine(current.bare) })
    current = empty()
  }
  let line = ''
  for (const [part] of text.matchAll(token)) {
    const isLine = line.trim() === ''
    line = `${line}${part}`.split('\n').at(-1) ?? ''
    if (part === ';') {
      end()
      continue
    }
    current.text += part
    current.bare += bareOf(part)
    // At the end of a line, it would be about the next statement.
    if (isLine) current.marked = (mark.exec(part)?.[1] as Statement['marked']) ?? current.marked
  }
  end()
  return statements
}

const empty = (): Statement => ({ text: '', bare: '', marked: null })

function isComment(part: string): boolean {
  return part.length > 1 && (part.startsWith('--') || part.startsWith('/*'))
}

function bareOf(part: string): string {
  if (isComment(part)) return ' '
  if (part.length > 1 && (part.startsWith("'") || part.startsWith('$'))) return "''"
  return part
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
