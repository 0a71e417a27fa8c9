import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from './command.ts'
import { type End, jsonOption } from './command-options.ts'
import type { VerifyAuditOptions } from './commands/verify-audit.ts'

/** Adds the commands `audit …`. */
export function addAudit(program: Command, context: CommandContext, end: End): void {
  const audit = program
    .command('audit')
    .description('the security log: verify that nobody has changed it, and print the key of its anchors')
    .usage('COMMAND [options]')
  audit
    .command('verify')
    .description('find events of the security log that were changed, removed, added or exchanged')
    .option('--anchors <place>', 'where its ends were stored, or a file of syslog (default: HOLDFAST_AUDIT_ANCHORS)')
    .option('--key <file>', 'the public key of the anchors, PEM (default: those of HOLDFAST_SECRET)')
    .option('--days <number>', 'compare with the anchors of so many days (default: of all events)', numberOption)
    .option('--months <number>', 'for how many events are stored (default: HOLDFAST_AUDIT_MONTHS)', numberOption)
    .option('--restored', 'that events are lost since a restore is no reason to fail')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWithout anchors, only what was changed without calculating all later hashes anew is found. It ends with 1\n' +
        'if it finds something. See docs/operations/security-log.md.',
    )
    .action(async (options: VerifyAuditOptions) =>
      end(await (await import('./commands/verify-audit.ts')).verifyAuditCommand(context, options)),
    )
  audit
    .command('key')
    .description('print the public key that the anchors of the security log are verified with')
    .action(async () => end(await (await import('./commands/verify-audit.ts')).auditKeyCommand(context)))
}

function numberOption(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, such as 40.')
  return Number(text)
}
