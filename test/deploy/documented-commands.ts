import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const pages = join(import.meta.dirname, '../../docs/operations')

/** The shell scripts of a page of docs/operations, in their order, with this release's file names. */
export function documentedCommands(page: string): string[] {
  const text = readFileSync(join(pages, page), 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = '']) => script)
}
