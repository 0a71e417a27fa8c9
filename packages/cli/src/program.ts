import { Command, InvalidArgumentError, Option } from 'commander'
import { addAudit } from './add-audit.ts'
import { addBackups } from './add-backups.ts'
import { addEvents } from './add-events.ts'
import { addShards } from './add-shards.ts'
import { addUpgrade } from './add-upgrade.ts'
import type { CommandContext, ExitCode } from './command.ts'
import { type End, type JsonOption, jsonOption, type ShardOption, shardOption } from './command-options.ts'
import type { AdminCreateOptions } from './commands/admin-create.ts'
import type { AdminEndSessionsOptions } from './commands/admin-end-sessions.ts'
import type { AdminResetPasswordOptions } from './commands/admin-reset-password.ts'
import type { AdminResetSecondFactorOptions } from './commands/admin-reset-second-factor.ts'
import type { ArchiveOptions } from './commands/archive.ts'
import type { DoctorOptions } from './commands/doctor.ts'
import type { ImportOptions } from './commands/import.ts'
import type { ImportCasesOptions, ReplayCasesOptions } from './commands/import-cases.ts'
import type { ReplayOptions } from './commands/replay-appointments.ts'
import type { SetupDatabaseOptions } from './commands/setup-database.ts'
import type { VerifyOptions } from './commands/verify.ts'
import { importHelp } from './import/import-columns.ts'
import { parseCapacityFactor } from './replay/capacity-factor.ts'

/** Receives the command's exit code. */
export type ExitCodeSink = { exitCode: ExitCode }

const concurrencyMax = 1024

/**
 * The commands and options. A command's code is loaded when it is called, so that `--help` and a mistyped option
 * respond at once.
 */
export function buildProgram(context: CommandContext, sink: ExitCodeSink): Command {
  const program = new Command('holdfast')
    .description('Books appointments: a confirmed booking is final, and no slot is ever overbooked.')
    .usage('COMMAND [options]')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [COMMAND]', 'show help for a command')
    .showHelpAfterError('(use --help for the available options)')
    .addHelpText(
      'after',
      [
        '',
        'Settings are environment variables; `holdfast doctor` lists them with their values and defaults.',
        'Exit codes: 0 success, 1 error (with a message), 2 wrong usage.',
      ].join('\n'),
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.out(text.replace(/\n$/, '')),
      writeErr: (text) => context.terminal.note(text.replace(/\n$/, '')),
    })
  const end: End = (exitCode) => {
    sink.exitCode = exitCode
  }
  addServing(program, context, end)
  addUpgrade(program, context, end)
  addDatabase(program, context, end)
  addShards(program, context, end)
  addBackups(program, context, end)
  addArchive(program, context, end)
  addEvents(program, context, end)
  addAudit(program, context, end)
  addMail(program, context, end)
  addAdmin(program, context, end)
  addData(program, context, end)
  return program
}

function addServing(program: Command, context: CommandContext, end: End): void {
  program
    .command('start')
    .description('start the server: database (embedded unless DATABASE_URL is set), migrations, API')
    .action(async () => end(await (await import('./commands/start.ts')).startCommand(context)))
  program
    .command('worker')
    .description(
      'run the background jobs (lapsed holds, partitions, retention, erasures, messages) in a separate process',
    )
    .action(async () => end(await (await import('./commands/worker.ts')).workerCommand(context)))
}

function addDatabase(program: Command, context: CommandContext, end: End): void {
  program
    .command('setup-database')
    .description('create the role and the database that DATABASE_URL names, or print the SQL for it')
    .option(
      '--as <url>',
      'do it as this superuser, or role with CREATEROLE and CREATEDB, postgres://postgres@HOST:5432/postgres ' +
        '(password: PGPASSWORD)',
    )
    .option('--database <name>', 'the database', 'holdfast')
    .option('--owner <name>', 'the role that will own it', 'holdfast')
    .addOption(jsonOption())
    .addHelpText('after', '\nDoes only what is missing. Prints DATABASE_URL, with the password of a new role, once.')
    .action(async (options: SetupDatabaseOptions) =>
      end(await (await import('./commands/setup-database.ts')).setupDatabaseCommand(context, options)),
    )
  program
    .command('verify')
    .description('recount every slot and rebuild every booking from the event log; exit 1 on any mismatch')
    .addOption(shardOption())
    .addOption(jsonOption())
    .addHelpText('after', verifyHelp)
    .action(async (options: VerifyOptions) =>
      end(await (await import('./commands/verify.ts')).verifyCommand(context, options)),
    )
  program
    .command('renumber-log')
    .description('continue the event log on another database server, after a restore from a dump')
    .addOption(shardOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe order of the log is that of transactions, which every database server numbers by itself. Run this once ' +
        'after a dump was\nrestored, before Holdfast is started. Physical copies keep their numbers and do not ' +
        'need it.',
    )
    .action(async (options: JsonOption & ShardOption) =>
      end(await (await import('./commands/renumber-log.ts')).renumberLogCommand(context, options)),
    )
  program
    .command('forget-secret')
    .description('accept another secret at the next start, if the one before is lost')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe links of all tickets become invalid, everybody is signed out, and authenticator apps have to be set up ' +
        'again.',
    )
    .action(async (options: JsonOption) =>
      end(await (await import('./commands/forget-secret.ts')).forgetSecretCommand(context, options)),
    )
  program
    .command('doctor')
    .description('check settings, versions and the database, and suggest fixes')
    .option('--watch', 'show the health of the running installation, and again every five seconds, until Ctrl+C')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWith --watch and no terminal, prints all checks once, and then a line for each that has changed; ' +
        'with --json, a line\nof JSON each time.',
    )
    .action(async (options: DoctorOptions) =>
      end(await (await import('./commands/doctor.ts')).doctorCommand(context, options)),
    )
}

const verifyHelp =
  '\nRuns on a live system without locking it. Lists at most 100 findings. With HOLDFAST_SHARDS and without --shard, ' +
  'it\nverifies all databases, one after the other.'

function addMail(program: Command, context: CommandContext, end: End): void {
  program
    .command('record-bounce')
    .description('record an e-mail as not delivered, by the report of a mail server on standard input')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nFor the mail server that receives what is sent to HOLDFAST_MAIL_FROM. 75: try again later.',
    )
    .action(async (options: JsonOption) =>
      end(await (await import('./commands/record-bounce.ts')).recordBounceCommand(context, options)),
    )
}

function addAdmin(program: Command, context: CommandContext, end: End): void {
  const admin = program
    .command('admin')
    .description('manage site administrators, passwords and second factors')
    .usage('COMMAND [options]')
  admin
    .command('create')
    .description('create a site administrator; an existing account only with --promote')
    .requiredOption('--email <address>', 'e-mail address to sign in with')
    .option('--name <name>', 'name to show (a new account only; default: the e-mail address)')
    .option('--password-stdin', 'read the password from standard input; otherwise one is generated and printed once')
    .option('--promote <account-id>', 'promote the account with this id and e-mail address instead of creating one')
    .addOption(jsonOption())
    .action(async (options: AdminCreateOptions) =>
      end(await (await import('./commands/admin-create.ts')).adminCreateCommand(context, options)),
    )
  admin
    .command('reset-password')
    .description('print a link with which an account’s person chooses a new password; grants no role')
    .requiredOption('--email <address>', 'e-mail address of the account')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe link works once, for 24 hours. Sessions end at once, and the password is invalid from now on.',
    )
    .action(async (options: AdminResetPasswordOptions) =>
      end(await (await import('./commands/admin-reset-password.ts')).adminResetPasswordCommand(context, options)),
    )
  admin
    .command('reset-second-factor')
    .description('for a lost phone: remove an account’s authenticator app, recovery codes and passkeys')
    .requiredOption('--email <address>', 'e-mail address of the account')
    .addOption(jsonOption())
    .addHelpText('after', '\nAll sessions of the account end. Make sure that the person who asks is its owner.')
    .action(async (options: AdminResetSecondFactorOptions) => {
      const { adminResetSecondFactorCommand } = await import('./commands/admin-reset-second-factor.ts')
      end(await adminResetSecondFactorCommand(context, options))
    })
  admin
    .command('end-sessions')
    .description('sign an account, or everybody, out everywhere')
    .addOption(new Option('--email <address>', 'e-mail address of the account').conflicts('all'))
    .option('--all', 'the sessions of all accounts')
    .addOption(jsonOption())
    .addHelpText('after', '\nServers that are running notice it within seconds. Passwords and roles stay.')
    .action(async (options: AdminEndSessionsOptions) => {
      const { adminEndSessionsCommand } = await import('./commands/admin-end-sessions.ts')
      end(await adminEndSessionsCommand(context, options))
    })
}

function addArchive(program: Command, context: CommandContext, end: End): void {
  const archive = program
    .command('archive')
    .description('move old months of slots, bookings and events out of the database into files')
    .usage('--list | --before YYYY-MM --to DIRECTORY | restore FILE')
    .option('--list', 'list the months, and which of them can be archived')
    .option('--before <month>', 'archive every month before this one, YYYY-MM', monthOption)
    .option('--to <directory>', 'where to write the files')
    .addOption(shardOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nRuns beside servers. The files contain patients’ data. After a crash, run the command again.',
    )
    .action(async (options: ArchiveOptions) =>
      end(await (await import('./commands/archive.ts')).archiveCommand(context, options)),
    )
  archive
    .command('restore')
    .description('put an archived month back from its file')
    .argument('<file>', 'the file, holdfast-YYYY-MM.jsonl.gz')
    .addOption(jsonOption())
    .action(async (file: string, _options: JsonOption, command: Command) =>
      end(
        await (await import('./commands/archive.ts')).restoreArchiveCommand(context, file, command.optsWithGlobals()),
      ),
    )
}

function addData(program: Command, context: CommandContext, end: End): void {
  const importing = program
    .command('import')
    .usage('[file] [options] | cases FILE --url URL --clinic ID')
    .description('add clinics, doctors and slots from CSV or JSON files, all or nothing')
    .argument('[file]', 'a JSON file {"clinics": […], "doctors": […], "slots": […]}')
    .option('--clinics <file>', 'CSV or JSON file of clinics')
    .option('--doctors <file>', 'CSV or JSON file of doctors')
    .option('--slots <file>', 'CSV or JSON file of slots')
    .option('--dry-run', 'only report what would happen')
    .addOption(jsonOption())
    .addHelpText('after', importHelp)
    .action(async (file: string | undefined, options: ImportOptions) =>
      end(await (await import('./commands/import.ts')).importCommand(context, file ?? null, options)),
    )
  importing
    .command('cases')
    .description('book every operating-room case of a CSV file over HTTP, in a clinic of a running server')
    .argument('<file>', casesFile)
    .requiredOption('--url <url>', 'the running server')
    .requiredOption('--clinic <id>', 'the clinic')
    .addOption(zoneOption())
    .addOption(jsonOption())
    .addHelpText('after', casesHelp)
    .action(async (file: string, _options: ImportCasesOptions, command: Command) => {
      const { importCasesCommand } = await import('./commands/import-cases.ts')
      end(await importCasesCommand(context, file, command.optsWithGlobals()))
    })
  const replay = program
    .command('replay')
    .description('replay real records against a server')
    .usage('COMMAND [options]')
  replay
    .command('appointments')
    .description('book every appointment of a CSV file over HTTP, and verify that no slot is overbooked')
    .argument('<file>', 'CSV file: appointment_id, patient_id, booked_at, appointment_date, health_unit')
    .addOption(
      new Option('--capacity <factor>', 'units of a unit’s day: ceil(factor × its appointments)')
        .default(oneFactor, '1')
        .argParser(capacityOption),
    )
    .option('--concurrency <number>', 'bookings in flight at a time', concurrencyOption, 64)
    .option('--url <url>', 'book on this running server instead of a temporary one')
    .addOption(jsonOption())
    .addHelpText('after', replayHelp)
    .action(async (file: string, options: ReplayOptions) =>
      end(await (await import('./commands/replay-appointments.ts')).replayCommand(context, file, options)),
    )
  replay
    .command('cases')
    .description('book every operating-room case of a CSV file in a clinic of its own, and print the report')
    .argument('<file>', casesFile)
    .option('--url <url>', 'book on this running server instead of a temporary one')
    .addOption(zoneOption())
    .addOption(jsonOption())
    .addHelpText('after', casesHelp)
    .action(async (file: string, options: ReplayCasesOptions) =>
      end(await (await import('./commands/import-cases.ts')).replayCasesCommand(context, file, options)),
    )
}

const casesFile =
  'CSV file: case_id, date, room, service, cpt_code, procedure, booked_minutes, scheduled_start, wheels_in, ' +
  'incision_start, incision_end, wheels_out'

const casesHelp = `
Moves all days by whole weeks so that the first is at least a week ahead, creates the rooms with one surgeon each and a
block of 480 minutes for each room's day, and books the rows in the order of the file, with a patient for each. A row
that overlaps one already booked in its room is refused, and listed with both times; so is one for which its block has
no minutes left. Then it records what happened (in the room, incision, closure, out of the room), recounts the clinic,
and prints the report. A second run books nothing twice.

With --url it signs in with HOLDFAST_ADMIN_EMAIL and HOLDFAST_ADMIN_PASSWORD. The server's rate limits stop it: start
the server with HOLDFAST_RATE_LIMIT=off.

Exits with 1 when a row or a milestone failed, or the recount finds anything. Refused rows are no failure.`

const oneFactor = capacityOption('1')

const replayHelp = `
Creates a clinic for each health unit (time zone America/Sao_Paulo) with one doctor and 15-minute slots from 08:00,
moves all days by whole weeks so that the first is at least a week ahead, and books the rows in the order of
booked_at, as guests, at most --concurrency at a time. If a slot is full, the row requests the next alternative of
that day, until the day is full. A second run against the same server books nothing twice: its rows count as
"replayed".

With --url it signs in with HOLDFAST_ADMIN_EMAIL and HOLDFAST_ADMIN_PASSWORD. The server's rate limits stop a replay:
start it with HOLDFAST_RATE_LIMIT=off. Without --url it starts a temporary server with an empty database, and removes
both at the end.

seconds and bookingsPerSecond measure only the booking; latencyMs is per booking request, including refusals.
Exits with 1 when a row failed or the final verification finds anything.`

function zoneOption(): Option {
  return new Option('--zone <zone>', 'time zone of the times in the file')
    .default('America/New_York')
    .argParser((text: string) => {
      if (Intl.supportedValuesOf('timeZone').includes(text) || text === 'UTC') return text
      throw new InvalidArgumentError('Expected a time zone, such as Europe/Berlin.')
    })
}

function capacityOption(text: string) {
  const factor = parseCapacityFactor(text)
  if (factor === null) throw new InvalidArgumentError('Expected a number above 0, at most 1000, such as 1 or 0.8.')
  return factor
}

function monthOption(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('Expected a month, such as 2026-01.')
  return text
}

function concurrencyOption(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > concurrencyMax) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${concurrencyMax}.`)
  }
  return number
}
