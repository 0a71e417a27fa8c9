// `npm run line-width`: names every line of TypeScript, JavaScript and SQL that is wider than the formatter's limit.
// Biome wraps code, but not comments, strings, templates and SQL. With `--write`, comments are wrapped.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const columnsMax = 120
const patterns = ['*.ts', '*.tsx', '*.mts', '*.mjs', '*.sql']

/** The lines of a file that are too wide, as `path:line: columns`. */
export function wideLines(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    return isWide(line) ? [`${path}:${index + 1}: ${[...line].length} columns`] : []
  })
}

const comment = /^(\s*(?:\/\/|\*|--) +)(.*)$/
const commentOfOneLine = /^(\s*)\/\*\* (.*) \*\/$/
/** What begins a line of its own in a comment: an item of a list, a tag, a continued marker. */
const ownLine = /^(?:[-+*@#|>]|\d+[.)]|https?:|Completeness:)/

/** The same text with comments wrapped that are too wide. What else is too wide stays. */
export function wrapComments(path: string, text: string): string {
  if (wideLines(path, text).length === 0) return text
  const rest = text.split('\n')
  const wrapped: string[] = []
  for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
    const [, indent, only] = commentOfOneLine.exec(line) ?? []
    if (isWide(line) && indent !== undefined) {
      wrapped.push(`${indent}/**`)
      rest.unshift(`${indent} * ${only}`, `${indent} */`)
      continue
    }
    const [first, moved] = broken(line)
    wrapped.push(first)
    if (moved === null) continue
    const [, prefix = ''] = comment.exec(line) ?? []
    const [, nextPrefix, next = ''] = comment.exec(rest[0] ?? '') ?? []
    if (nextPrefix === prefix && next !== '' && !ownLine.test(next)) rest[0] = `${prefix}${moved} ${next}`
    else rest.unshift(`${prefix}${moved}`)
  }
  return wrapped.join('\n')
}

/** The part of a line that fits, and the rest of a comment that does not; null: the line fits, or cannot be broken. */
function broken(line: string): [string, string | null] {
  const [, prefix = '', text = ''] = comment.exec(line) ?? []
  if (!isWide(line) || text === '' || text.startsWith('Completeness:')) return [line, null]
  const words = text.split(' ')
  for (let count = words.length - 1; count > 0; count -= 1) {
    const [fitting, moved] = [words.slice(0, count).join(' '), words.slice(count).join(' ')]
    if (!isWide(prefix + fitting) && !ownLine.test(moved)) return [prefix + fitting, moved]
  }
  return [line, null]
}

function isWide(line: string): boolean {
  return [...line].length > columnsMax
}

function writeWrapped(path: string): void {
  const text = readFileSync(join(root, path), 'utf8')
  const wrapped = wrapComments(path, text)
  if (wrapped !== text) writeFileSync(join(root, path), wrapped)
}

if (import.meta.main) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns]
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim().split('\n')
  if (process.argv.includes('--write')) for (const path of new Set(paths)) writeWrapped(path)
  const found = [...new Set(paths)].flatMap((path) => wideLines(path, readFileSync(join(root, path), 'utf8')))
  for (const line of found) console.error(line)
  if (found.length > 0) {
    console.error(`Lines that are wider than ${columnsMax} columns: ${found.length}.`)
    process.exitCode = 1
  }
}
