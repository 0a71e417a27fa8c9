import { readFileSync } from 'node:fs'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { capturingContext } from '../test/captured-context.ts'
import { buildProgram } from './program.ts'

const page = readFileSync(new URL('../../../docs/operations/alerts.md', import.meta.url), 'utf8')
const scripts = Array.from(page.matchAll(/^```sh\n(.*?)^```$/gms), ([, script = '']) => script)
const lines = [...new Set(scripts.flatMap((script) => script.trim().split('\n')))]
/** Programs of Debian, which a runbook calls as they are. */
const programs = 'awk certbot df du free grep holdfast journalctl psql systemctl timedatectl top vmstat'.split(' ')

test('the runbook calls programs that are there', () => {
  expect(lines.length).toBeGreaterThan(30)
  expect(lines.filter((line) => !programs.includes(line.split(' ')[0] ?? ''))).toEqual([])
})

test('its commands of Holdfast exist', () => {
  const program = buildProgram(capturingContext().context, { exitCode: 0 })
  const commands = lines.filter((line) => line.startsWith('holdfast '))
  expect(commands.length).toBeGreaterThan(5)
  for (const command of commands) {
    const words = command.split(' | ')[0]?.split(' ').slice(1) ?? []
    let found = program
    for (const word of words.filter((one) => !one.startsWith('-'))) {
      const next = found.commands.find((one) => one.name() === word)
      expect(next, command).toBeDefined()
      if (next !== undefined) found = next
    }
  }
})

test('its statements run', async ({ database }) => {
  const statements = lines.flatMap((line) => /^psql -c (["'])(.*)\1$/.exec(line)?.[2] ?? [])
  expect(statements.length).toBeGreaterThan(7)
  for (const statement of statements) {
    const running = database.ownerPool.query(statement.replace('PID', '0'))
    // The extension is not installed here.
    if (statement.includes('pg_stat_statements')) await expect(running).rejects.toThrow(/pg_stat_statements/)
    else await running
  }
})
