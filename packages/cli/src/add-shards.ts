import type { Command } from 'commander'
import type { CommandContext } from './command.ts'
import { type End, type JsonOption, jsonOption, secondsOption } from './command-options.ts'
import type { MoveClinicOptions } from './commands/move-clinic.ts'

/** Adds the commands `shards` and `move-clinic`. */
export function addShards(program: Command, context: CommandContext, end: End): void {
  program
    .command('shards')
    .description('list the databases of HOLDFAST_SHARDS, and clinics that are not where the directory says')
    .addOption(jsonOption())
    .addHelpText('after', '\nExits with 1 if a database cannot be used, or a clinic is misplaced.')
    .action(async (options: JsonOption) =>
      end(await (await import('./commands/shards.ts')).shardsCommand(context, options)),
    )
  program
    .command('move-clinic')
    .description('move a clinic to another database of HOLDFAST_SHARDS, while it is in use')
    .argument('<clinic>', 'the clinic’s id')
    .requiredOption('--to <name>', 'the database: a name of HOLDFAST_SHARDS, or directory')
    .option('--at-most <n>', 'seconds for which changes may wait: then nothing is moved', secondsOption, 30)
    .option('--dry-run', 'copy everything, say how long that took, and undo it')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nChanges of the clinic wait while it is copied. Interrupted, the same command continues, and --to the ' +
        'database where\nthe clinic was goes back, unless the copy was committed.',
    )
    .action(async (clinic: string, options: MoveClinicOptions) =>
      end(await (await import('./commands/move-clinic.ts')).moveClinicCommand(context, clinic, options)),
    )
}
