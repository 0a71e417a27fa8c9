// `npm run line-width`: names every line of TypeScript, JavaScript and SQL that is wider than the formatter's limit.
// Biome wraps code, but not comments, strings, templates and SQL.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const columnsMax = 120
const patterns = ['*.ts', '*.tsx', '*.mts', '*.mjs', '*.sql']
/** Generated, or migrations, whose checksums existing databases have stored. */
const exempt = [
  /^packages\/contract\/src\/client\/generated\//,
  /^packages\/engine\/schema\.snapshot\.sql$/,
  /^packages\/engine\/sql\/migrations\//,
]

/** The lines of a file that are too wide, as `path:line: columns`. */
export function wideLines(path: string, text: string): string[] {
  if (exempt.some((pattern) => pattern.test(path))) return []
  return text.split('\n').flatMap((line, index) => {
    const columns = [...line].length
    return columns > columnsMax ? [`${path}:${index + 1}: ${columns} columns`] : []
  })
}

if (import.meta.main) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns]
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim().split('\n')
  const found = [...new Set(paths)].flatMap((path) => wideLines(path, readFileSync(join(root, path), 'utf8')))
  for (const line of found) console.error(line)
  if (found.length > 0) {
    console.error(`${found.length} lines are wider than ${columnsMax} columns.`)
    process.exitCode = 1
  }
}
