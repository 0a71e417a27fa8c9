import { setTimeout as delay } from 'node:timers/promises'
import type { HealthBody } from '@holdfast/contract'
import { openHealth } from '@holdfast/server/health'
import type { CommandContext, ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { withDatabase } from '../with-database.ts'
import { changedChecks, checkLine, goneLines, healthScreen, withUnreadChecks } from './health-lines.ts'

const everyMs = 5_000

/**
 * `holdfast doctor --watch`: shows what the page Health shows, again and again until Ctrl+C. It looks at the databases
 * itself, so that it needs no server. Without a terminal it prints what has changed.
 */
export function watchHealth(context: CommandContext, { json }: JsonOption): Promise<ExitCode> {
  return withDatabase(
    context,
    async ({ ownerUrl }, config) => {
      const health = await openHealth(config, ownerUrl)
      try {
        return await show(context, health.read, json === true)
      } finally {
        await health.close()
      }
    },
    { share: 'running' },
  )
}

async function show(
  { terminal, signal }: CommandContext,
  read: () => Promise<HealthBody>,
  isJson: boolean,
): Promise<ExitCode> {
  let before: HealthBody | null = null
  while (!signal.aborted) {
    const health = await read()
    if (signal.aborted) break
    if (isJson) terminal.json(health)
    else if (terminal.redraw !== null) terminal.redraw(healthScreen(terminal, health))
    else printChanges(terminal, before, health)
    before = withUnreadChecks(before, health)
    // Ctrl+C is how it ends.
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
  }
  return 0
}

function printChanges({ out }: CommandContext['terminal'], before: HealthBody | null, health: HealthBody): void {
  const at = new Date(health.at)
  for (const check of changedChecks(before, health)) out(`${health.at} ${checkLine(check, at)}`)
  for (const line of goneLines(before, health)) out(`${health.at} ${line}`)
}
