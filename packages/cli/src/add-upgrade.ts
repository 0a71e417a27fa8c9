import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from './command.ts'
import { type End, jsonOption, secondsOption } from './command-options.ts'
import type { CompareServersOptions } from './commands/compare-servers.ts'
import type { MigrateCommandOptions } from './commands/migrate.ts'
import type { WaitReadyOptions } from './commands/wait-ready.ts'

/** Adds the commands of an upgrade: `migrate`, `wait-ready` and `compare-servers`. */
export function addUpgrade(program: Command, context: CommandContext, end: End): void {
  program
    .command('migrate')
    .description('update the database to this release, and list what was applied')
    .option('--contract', 'also drop what only servers of the previous release use: none may run')
    .addOption(jsonOption())
    .action(async (options: MigrateCommandOptions) =>
      end(await (await import('./commands/migrate.ts')).migrateCommand(context, options)),
    )
  program
    .command('wait-ready')
    .description('wait until a restarted server can serve, and a proxy in front of it knows that')
    .option('--url <url>', 'the server; default: that of HOST and PORT')
    .option('--ca <file>', 'certificates in PEM that are trusted too, for an https address with one of your own')
    .option(
      '--proxy-seconds <n>',
      'how long it has to be ready in a row: longer than the proxy leaves out a server that failed',
      secondsOption,
      6,
    )
    .option('--at-most <n>', 'seconds, after which it gives up', secondsOption, 300)
    .action(async (options: WaitReadyOptions) =>
      end(await (await import('./commands/wait-ready.ts')).waitReadyCommand(context, options)),
    )
  program
    .command('compare-servers')
    .description('compare the failures and times of a new version with those of the old one: exit 1 means go back')
    .requiredOption('--old <url>', 'where the metrics of a server of the old version are')
    .requiredOption('--new <url>', 'where those of a server of the new version are')
    .option('--requests <n>', 'how many requests each has to complete first', requestsOption, 500)
    .option('--at-most <n>', 'seconds, after which it means go back', secondsOption, 3_600)
    .addHelpText('after', '\nThe metrics are read with HOLDFAST_METRICS_TOKEN. See docs/operations/upgrade-servers.md.')
    .action(async (options: CompareServersOptions) =>
      end(await (await import('./commands/compare-servers.ts')).compareServersCommand(context, options)),
    )
}

function requestsOption(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, such as 500.')
  return Number(text)
}
