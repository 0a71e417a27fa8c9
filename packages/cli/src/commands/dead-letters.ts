import { type DeadLetter, type DeadLetters, deadLettersMax, withDeadLetters } from '@holdfast/adapters/rabbitmq'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { quoted } from '../tables/bad-lines.ts'
import { columns } from '../terminal.ts'
import { readSettings } from '../with-database.ts'

export type DeadLettersOptions = JsonOption & { queue?: string; all?: boolean }

/** `holdfast events dead-letters list` */
export async function listDeadLettersCommand(context: CommandContext, options: DeadLettersOptions): Promise<ExitCode> {
  const { terminal } = context
  const letters = await withSelection(context, null, options, async (selection) => selection.letters)
  if (options.json === true) {
    terminal.json({ deadLetters: letters.map(({ body: _, ...letter }) => letter) })
    return 0
  }
  if (letters.length === 0) terminal.out(`There are no dead letters${ofQueue(options)}.`)
  else {
    const rows = letters.map(({ id, queue, type, reason, deadAt }) => [id, queue, type, reason, deadAt])
    for (const line of columns([['id', 'queue', 'type', 'reason', 'since'], ...rows], '')) terminal.out(line)
  }
  if (letters.length === deadLettersMax) terminal.note(`Only the oldest ${deadLettersMax} are listed.`)
  return 0
}

/** `holdfast events dead-letters show ID` */
export async function showDeadLetterCommand(
  context: CommandContext,
  id: string,
  options: DeadLettersOptions,
): Promise<ExitCode> {
  const { terminal } = context
  const letters = await withSelection(context, id, options, async (selection) => selection.letters)
  const shown = letters.map(({ body, ...letter }) => ({ ...letter, event: eventOf(body) }))
  if (options.json === true) terminal.json({ deadLetters: shown })
  else for (const letter of shown) terminal.out(JSON.stringify(letter, null, 2))
  return 0
}

/**
 * `holdfast events dead-letters replay|drop ID|--all`. The command exits with 1 if the queue of a dead letter does not
 * exist any more.
 */
export async function replayOrDropDeadLettersCommand(
  context: CommandContext,
  action: 'replay' | 'drop',
  id: string | null,
  options: DeadLettersOptions,
): Promise<ExitCode> {
  if ((id === null) !== (options.all === true)) throw new CommandRefusal('name one id, or --all', 2)
  const { terminal } = context
  const { done, left } = await withSelection(context, id, options, async ({ letters, replay, drop }) => {
    const left: DeadLetter[] = []
    for (const letter of letters) {
      if (action === 'drop') await drop(letter)
      else if (!(await replay(letter))) left.push(letter)
    }
    return { done: letters.length - left.length, left }
  })
  if (options.json === true) terminal.json({ [action === 'drop' ? 'dropped' : 'replayed']: done, left: left.length })
  else {
    const what = done === 1 ? 'dead letter was' : 'dead letters were'
    terminal.out(`${done} ${what} ${action === 'drop' ? 'dropped' : 'replayed'}${ofQueue(options)}.`)
  }
  for (const queue of new Set(left.map((letter) => letter.queue))) {
    terminal.note(`The queue of ${quoted(queue)} does not exist: its dead letters stay. Is it in HOLDFAST_AMQP_QUEUES?`)
  }
  return left.length === 0 ? 0 : 1
}

/**
 * Calls `work` with the dead letters that have this id and are of this queue; null and undefined select all.
 *
 * @throws CommandRefusal if AMQP_URL is not set, or if no dead letter has this id
 */
async function withSelection<Result>(
  context: CommandContext,
  id: string | null,
  { queue }: DeadLettersOptions,
  work: (selection: DeadLetters) => Promise<Result>,
): Promise<Result> {
  const { amqpUrl } = readSettings(context)
  if (amqpUrl === null) throw new CommandRefusal('AMQP_URL is not set: there is no RabbitMQ server to read from')
  const isSelected = (letter: DeadLetter) =>
    (queue === undefined || letter.queue === queue) && (id === null || letter.id === id)
  const workOnSelection = (deadLetters: DeadLetters) => {
    const letters = deadLetters.letters.filter(isSelected)
    if (id !== null && letters.length === 0) {
      throw new CommandRefusal(`there is no dead letter ${quoted(id)}${ofQueue({ queue })}`)
    }
    return work({ ...deadLetters, letters })
  }
  const result = await withDeadLetters(amqpUrl, async (deadLetters) => ({ value: await workOnSelection(deadLetters) }))
  if (result !== null) return result.value
  // The queue of dead letters is declared when a server or a worker connects for the first time.
  return workOnSelection({ letters: [], replay: async () => false, drop: async () => undefined })
}

function ofQueue({ queue }: { queue?: string | undefined }): string {
  return queue === undefined ? '' : ` of ${quoted(queue)}`
}

function eventOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
