import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const pages = join(import.meta.dirname, '../../docs/operations')

/** The commands that stand within sentences of a page: a program with arguments. */
export function commandsInSentences(page: string): string[] {
  const text = readFileSync(join(pages, page), 'utf8').replaceAll(/^( *)```.*?^\1```$/gms, '')
  const programs = /^(holdfast|systemctl|install|chown|certbot|psql|\/opt\/\S+) \S/
  const spans = [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '))
  return [...new Set(spans.filter((span) => programs.test(span)))]
}

/** The one of them that begins so. */
export function commandInSentence(page: string, beginning: string): string {
  const [found, ...others] = commandsInSentences(page).filter((command) => command.startsWith(beginning))
  if (found === undefined || others.length > 0) throw new Error(`${page} has not one command like ${beginning}.`)
  return found
}

/** The shell scripts of a page of docs/operations, in their order, with this release's file names. */
export function documentedCommands(page: string): string[] {
  const text = readFileSync(join(pages, page), 'utf8')
  return [...text.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(([, indent, script = '']) =>
    script.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}
