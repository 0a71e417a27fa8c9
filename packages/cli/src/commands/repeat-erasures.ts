import { type Erased, type RepeatedErasures, repeatErasures, withPool } from '@holdfast/engine'
import { listErasures } from '@holdfast/server/backups'
import type { Config } from '@holdfast/server/config'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption, ShardOption } from '../command-options.ts'
import { withBackups } from '../with-backups.ts'
import { withDatabase } from '../with-database.ts'

export type RepeatErasuresOptions = JsonOption & ShardOption & { from?: string; since?: Date }

/**
 * `holdfast repeat-erasures`: erases in the database what the list beside the backups says, for a database that was
 * restored with other tools.
 */
export async function repeatErasuresCommand(
  context: CommandContext,
  options: RepeatErasuresOptions,
): Promise<ExitCode> {
  const { terminal } = context
  const repeat = ({ ownerUrl }: { ownerUrl: string }, config: Config) =>
    withBackups(options.from, '--from', config, async (store) => {
      const list = await listErasures(store, config, options.since ?? new Date(0))
      if (list === null) throw new CommandRefusal(`${store.name} has no list of erasures`)
      const use = { url: ownerUrl, name: 'holdfast erasures' }
      const repeated = await withPool(use, (pool) => repeatErasures(pool, list.erased))
      return { erasures: repeated, unusable: list.unusable.map(({ message }) => message) }
    })
  const { erasures, unusable } = await withDatabase(context, repeat, options)
  if (options.json === true) terminal.json({ ...erasures, unusable })
  else for (const line of describeErasures(erasures, unusable)) terminal.out(line)
  return erasures.pending.length + unusable.length === 0 ? 0 : 1
}

const namedMax = 20

/** What was erased again, and what somebody has to look at. */
export function describeErasures(
  { erased, cancelled, pending }: RepeatedErasures,
  unusable: readonly string[],
): string[] {
  const count = (number: number) => number.toLocaleString('en')
  const lines = [`Erased again: ${count(erased)} bookings, entries of waitlists, guardians and records of patients.`]
  if (cancelled > 0) lines.push(`${count(cancelled)} of the bookings were to come, and are cancelled again.`)
  if (pending.length > 0)
    lines.push(`${count(pending.length)} can’t be erased, because they are in use, or their clinic refuses changes:`)
  lines.push(...pending.slice(0, namedMax).map(nameOf), ...unusable)
  return lines
}

function nameOf({ kind, id }: Erased): string {
  return `  ${kind.replace('_', ' ')} ${id}`
}
