// Completeness: docs/operations/commands.md lacks a command
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { capturingContext } from '../test/captured-context.ts'
import { buildProgram } from './program.ts'

/** The commands that run something, such as `admin create`. */
function runnable(command: Command, path: string[] = []): string[][] {
  return command.commands.flatMap((one) => {
    const here = [...path, one.name()]
    const below = runnable(one, here)
    return below.length === 0 || one.name() === 'import' ? [here, ...below] : below
  })
}

/** The rows of a table of commands, by the words before the first argument. */
function rowsOf(page: string): Map<string, string> {
  const rows = page.matchAll(/^\| `([a-z -]+?)(?: (?:[A-Z]|--)[^`]*)?` \| (.*) \|$/gm)
  return new Map([...rows].map(([, command = '', text = '']) => [command, text]))
}

/** The commands without a separate row, and without their name in the row of the command that they belong to. */
function undocumented(commands: readonly string[][], page: string): string[] {
  const rows = rowsOf(page)
  return commands
    .filter((path) => !rows.has(path.join(' ')) && !rows.get(path.slice(0, -1).join(' '))?.includes(path.at(-1) ?? ''))
    .map((path) => path.join(' '))
}

const page = await readFile(new URL('../../../docs/operations/commands.md', import.meta.url), 'utf8')
const commands = runnable(buildProgram(capturingContext().context, { exitCode: 0 }))

test('the table of docs/operations/commands.md has every command', () => {
  expect(commands.length).toBeGreaterThan(25)
  expect(undocumented(commands, page)).toEqual([])
  const names = new Set(commands.flatMap((path) => path.map((_, index) => path.slice(0, index + 1).join(' '))))
  const table = page.slice(0, page.indexOf('\n#', 10))
  expect([...rowsOf(table).keys()].filter((name) => !names.has(name))).toEqual([])
})

test('negative control: a command without a row, and one that its group does not name, are found', () => {
  const without = page.replace(/^\| `(replay cases|events dead-letters|doctor)\b.*\n/gm, '')
  expect(undocumented(commands, without)).toEqual([
    'doctor',
    'events dead-letters list',
    'events dead-letters show',
    'events dead-letters replay',
    'events dead-letters drop',
    'replay cases',
  ])
})
