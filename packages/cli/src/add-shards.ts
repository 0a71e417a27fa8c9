import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from './command.ts'
import { type End, type JsonOption, jsonOption, secondsOption } from './command-options.ts'
import type { BalanceOptions, DrainOptions } from './commands/balance-shards.ts'
import type { ChooseClinicCommandOptions } from './commands/choose-clinic.ts'
import type { ListClinicsOptions } from './commands/list-clinics.ts'
import type { MoveClinicOptions } from './commands/move-clinic.ts'

const atMostOption = () =>
  new Option('--at-most <n>', 'seconds for which changes of a clinic may wait: then it is not moved')
    .argParser(secondsOption)
    .default(30)

const clinicArgument = 'the clinic’s id, or the number that `holdfast shards clinics` shows'

/** Adds the commands `shards`, with its own, and `move-clinic`. */
export function addShards(program: Command, context: CommandContext, end: End): void {
  const shards = program
    .command('shards')
    .description('list the databases of HOLDFAST_SHARDS, and clinics that are not where the directory says')
    .addOption(jsonOption())
    .addHelpText('after', '\nExits with 1 if a database cannot be used, or a clinic is misplaced.')
    .action(async (options: JsonOption) =>
      end(await (await import('./commands/shards.ts')).shardsCommand(context, options)),
    )
  shards
    .command('balance')
    .description('move clinics so that all databases have about the same number of bookings')
    .option('--dry-run', 'list the moves, and make none')
    .option('--moves <n>', 'how many clinics to move at most', movesOption, 20)
    .addOption(atMostOption())
    .addOption(jsonOption())
    .action(async (_options: JsonOption, command: Command) =>
      end(
        await (await import('./commands/balance-shards.ts')).balanceShardsCommand(
          context,
          command.optsWithGlobals<BalanceOptions>(),
        ),
      ),
    )
  shards
    .command('drain')
    .description('move all clinics out of a database, which gets no new ones, so that it can be taken out')
    .argument('<name>', 'the database: a name of HOLDFAST_SHARDS')
    .option('--dry-run', 'list the moves, and make none')
    .option('--undo', 'let the database have new clinics again')
    .addOption(atMostOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExits with 1 if a clinic is left. Called again, it continues.')
    .action(async (name: string, _options: JsonOption, command: Command) =>
      end(
        await (await import('./commands/balance-shards.ts')).drainShardCommand(
          context,
          name,
          command.optsWithGlobals<DrainOptions>(),
        ),
      ),
    )
  addChoose(shards, context, end)
  addClinics(shards, context, end)
  program
    .command('move-clinic')
    .description('move a clinic to another database of HOLDFAST_SHARDS, while it is in use')
    .argument('<clinic>', clinicArgument)
    .requiredOption('--to <name>', 'the database: a name of HOLDFAST_SHARDS, or directory')
    .addOption(atMostOption())
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

function addChoose(shards: Command, context: CommandContext, end: End): void {
  shards
    .command('choose')
    .description('decide which copy of a clinic stays that several databases have, and delete the others')
    .argument('<clinic>', clinicArgument)
    .requiredOption('--in <name>', 'the database whose copy stays: a name of HOLDFAST_SHARDS, or directory')
    .option('--dry-run', 'list the copies, with their bookings and the time of the last change, and change nothing')
    .addOption(jsonOption())
    .addHelpText('after', '\nInterrupted, the same command continues.')
    .action(async (clinic: string, _options: JsonOption, command: Command) =>
      end(
        await (await import('./commands/choose-clinic.ts')).chooseClinicCommand(
          context,
          clinic,
          command.optsWithGlobals<ChooseClinicCommandOptions>(),
        ),
      ),
    )
}

function addClinics(shards: Command, context: CommandContext, end: End): void {
  shards
    .command('clinics')
    .description('list the clinics with their numbers, ids and names, and the database that has each, 1,000 at most')
    .option('--after <number>', 'begin after the clinic with this number', numberOption, 0)
    .addOption(jsonOption())
    .addHelpText('after', '\nExits with 1 if a database cannot be read: its clinics are listed without their names.')
    .action(async (_options: JsonOption, command: Command) =>
      end(
        await (await import('./commands/list-clinics.ts')).listClinicsCommand(
          context,
          command.optsWithGlobals<ListClinicsOptions>(),
        ),
      ),
    )
}

function numberOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected the number of a clinic, such as 12.')
  return Number(text)
}

function movesOption(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of clinics, such as 20.')
  return Number(text)
}
