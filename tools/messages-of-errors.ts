import ts from 'typescript'

/** The messages of the errors of these classes that a file creates. */
export type ErrorMessage = {
  /** The text with … for what differs; null if no argument is written in place. */
  text: string | null
  /** The command line is wrong: the command ends with 2. */
  isUsage: boolean
}

/** Reads the messages from the source of a file: the first argument that has words. */
export function messagesOfErrors(source: string, classes: ReadonlySet<string>): ErrorMessage[] {
  // Most files create none: parsing all of them took 15 s.
  if (![...classes].some((name) => source.includes(name))) return []
  const found: ErrorMessage[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && classes.has(node.expression.getText())) {
      const texts = (node.arguments ?? []).map(textOf).filter((message) => message?.includes(' '))
      const isUsage = (node.arguments ?? []).some((argument) => argument.getText() === '2')
      found.push({ text: texts[0]?.replaceAll(/…+/g, '…') ?? null, isUsage })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest, true))
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
