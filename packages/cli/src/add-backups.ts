import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from './command.ts'
import { type End, jsonOption, shardOption } from './command-options.ts'
import type { BackupOptions } from './commands/backup.ts'
import type { BackupsOptions } from './commands/backups.ts'
import type { MoveOptions } from './commands/move-database.ts'
import type { RepeatErasuresOptions } from './commands/repeat-erasures.ts'
import type { RestoreOptions } from './commands/restore.ts'
import { parseInstant } from './tables/parse-instant.ts'

const place = 'a directory or s3://bucket/prefix (default: HOLDFAST_BACKUP_TO)'

/** Adds the commands `backup`, `backups`, `restore`, `repeat-erasures` and `move-database`. */
export function addBackups(program: Command, context: CommandContext, end: End): void {
  program
    .command('backup')
    .description('copy the running database, compressed and encrypted')
    .option('--to <place>', place)
    .option('--only-erasures', 'store only the list of erasures, for a database that other tools back up')
    .addOption(shardOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWith HOLDFAST_BACKUP_TO, a running server does this by itself, and archives everything in between. Backups ' +
        'older than\nHOLDFAST_BACKUP_DAYS are removed. The server’s secret is not part of a backup, unless it is ' +
        'stored in the database.\n\nWithout HOLDFAST_BACKUP_PASSPHRASE, or the private key of ' +
        'HOLDFAST_BACKUP_RECIPIENT, nobody can restore\na backup: write it down in another place. If it is lost, set ' +
        'another one and another place, as “If the passphrase\nis lost” in docs/operations/back-up.md says.',
    )
    .action(async (options: BackupOptions) =>
      end(await (await import('./commands/backup.ts')).backupCommand(context, options)),
    )
  program
    .command('backups')
    .description('list the backups, and the moments that can be restored')
    .option('--from <place>', place)
    .addOption(jsonOption())
    .action(async (options: BackupsOptions) =>
      end(await (await import('./commands/backups.ts')).backupsCommand(context, options)),
    )
  program
    .command('restore')
    .description('restore a backup into a new data directory, and verify it')
    .requiredOption('--data <directory>', 'a new data directory; the old one is not touched')
    .option('--from <place>', place)
    .option('--to <time>', 'the moment to restore, such as "2027-03-01 10:15:00Z" (default: the latest)', timeOption)
    .option('--backup <id>', 'a certain backup (default: the newest that has the moment, or that which ends last)')
    .option('--other-installation', 'restore the backup of another installation than that in HOLDFAST_DATA')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nA backup that is damaged, incomplete or of a newer release is refused before anything is written. To use ' +
        'the restored\ndatabase, start Holdfast with HOLDFAST_DATA set to the new directory and with the same secret.',
    )
    .action(async (options: RestoreOptions) =>
      end(await (await import('./commands/restore.ts')).restoreCommand(context, options)),
    )
  program
    .command('repeat-erasures')
    .description('erase again, in a database that was restored, whom the list beside the backups names')
    .option('--from <place>', place)
    .option('--since <time>', 'the moment to which it was restored (default: the whole list)', timeOption)
    .addOption(shardOption())
    .addOption(jsonOption())
    .addHelpText('after', '\n`restore` does this itself. Bookings that had been cancelled before are cancelled again.')
    .action(async (options: RepeatErasuresOptions) =>
      end(await (await import('./commands/repeat-erasures.ts')).repeatErasuresCommand(context, options)),
    )
  program
    .command('move-database')
    .description('move everything to another database server, and verify it there')
    .option('--from-data <directory>', 'move the embedded database in it (default: the database of the settings)')
    .option('--to <url>', 'an empty database, as for DATABASE_URL; -: read it from standard input')
    .option('--to-data <directory>', 'a new data directory of the embedded database')
    .option('--dry-run', 'copy everything, and undo it')
    .option('--reopen', 'move nothing: let a database that a move has closed accept writes again')
    .addOption(jsonOption())
    .addHelpText('after', '\nStop every server and worker first. Afterwards the old database is read-only.')
    .action(async (options: MoveOptions) =>
      end(await (await import('./commands/move-database.ts')).moveDatabaseCommand(context, options)),
    )
}

function timeOption(text: string): Date {
  const instant = parseInstant(text)
  if (instant === null) {
    throw new InvalidArgumentError('Expected a time with an offset, such as "2027-03-01 10:15:00Z".')
  }
  return new Date(instant.epochMilliseconds)
}
