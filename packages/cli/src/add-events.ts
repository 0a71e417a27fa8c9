import { type Command, Option } from 'commander'
import type { CommandContext } from './command.ts'
import { type End, jsonOption } from './command-options.ts'
import type { DeadLettersOptions } from './commands/dead-letters.ts'

const queueOption = () => new Option('--queue <name>', 'of this consumer only, as HOLDFAST_AMQP_QUEUES names it')

/** Adds the commands `events dead-letters …`. */
export function addEvents(program: Command, context: CommandContext, end: End): void {
  const deadLetters = program
    .command('events')
    .description('events at the RabbitMQ server of AMQP_URL')
    .usage('COMMAND [options]')
    .command('dead-letters')
    .description('events that a consumer could not process: list, show, replay or drop them')
    .usage('COMMAND [options]')
  deadLetters
    .command('list')
    .description('list the dead letters, the oldest first')
    .addOption(queueOption())
    .addOption(jsonOption())
    .action(async (options: DeadLettersOptions) =>
      end(await (await import('./commands/dead-letters.ts')).listDeadLettersCommand(context, options)),
    )
  deadLetters
    .command('show')
    .description('print a dead letter with the event that was published')
    .argument('<id>', 'the id of the event')
    .addOption(queueOption())
    .addOption(jsonOption())
    .action(async (id: string, options: DeadLettersOptions) =>
      end(await (await import('./commands/dead-letters.ts')).showDeadLetterCommand(context, id, options)),
    )
  for (const [name, description] of [
    ['replay', 'give dead letters to their consumers again, as if they were new'],
    ['drop', 'delete dead letters'],
  ] as const) {
    deadLetters
      .command(name)
      .description(description)
      .argument('[id]', 'the id of the event')
      .option('--all', 'all that are there')
      .addOption(queueOption())
      .addOption(jsonOption())
      .action(async (id: string | undefined, options: DeadLettersOptions) => {
        const { replayOrDropDeadLettersCommand } = await import('./commands/dead-letters.ts')
        end(await replayOrDropDeadLettersCommand(context, name, id ?? null, options))
      })
  }
}
