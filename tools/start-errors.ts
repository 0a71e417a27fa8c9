// The messages with which a start fails, read from the sources: docs/troubleshooting.md explains each.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

/** As in packages/server/src/lifecycle/start-error.ts, without LogAhead, whose message is in its class. */
const errors = new Set(['StartError', 'EmbeddedPostgresError', 'MigrateError', 'AppLoginError'])

/** The first sentence of every message, with … for what differs; null if an argument is not written in place. */
export function startMessages(): { path: string; sentence: string | null }[] {
  const paths = globSync('packages/{server,engine,adapters,cli}/src/**/*.ts', { cwd: root }).filter(
    (path) => !path.endsWith('.test.ts'),
  )
  return paths.flatMap((path) =>
    messagesIn(readFileSync(join(root, path), 'utf8')).map((sentence) => ({ path, sentence })),
  )
}

/** The first sentences of the messages of start errors that a file creates. */
export function messagesIn(text: string): (string | null)[] {
  const found: (string | null)[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && errors.has(node.expression.getText())) {
      const texts = (node.arguments ?? []).map(textOf).filter((message) => message?.includes(' '))
      found.push(texts[0] === undefined || texts[0] === null ? null : firstSentence(texts[0]))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true))
  return found
}

/** The text of a literal, a template or a sum of them; null for anything else. */
function textOf(node: ts.Expression): string | null {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce((text, { literal }) => `${text}…${literal.text}`, node.head.text)
  if (!ts.isBinaryExpression(node)) return null
  return `${textOf(node.left) ?? '…'}${textOf(node.right) ?? '…'}`
}

function firstSentence(message: string): string {
  const [sentence = ''] = message.split(/[.:;](?=\s|$)| Have an |\n/)
  return sentence.replaceAll(/…+/g, '…').trim()
}
