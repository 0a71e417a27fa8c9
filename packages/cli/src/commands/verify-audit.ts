import { createPublicKey, type KeyObject } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { ObjectStoreError, openObjectStore } from '@holdfast/adapters/object-store'
import { type AuditReport, verifyAudit } from '@holdfast/engine'
import { anchorKey, type ReadAnchors, readAnchorLines, readAnchors } from '@holdfast/server/audit-anchors'
import { inspectSecrets } from '@holdfast/server/database-secrets'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { columns, pathOf } from '../terminal.ts'
import { withAllDatabases } from '../with-all-databases.ts'
import { readSettings, withDatabase } from '../with-database.ts'

export type VerifyAuditOptions = JsonOption & {
  anchors?: string
  key?: string
  days?: number
  months?: number
  restored?: boolean
}

const findingsShownMax = 100
const noAnchors: ReadAnchors = { anchored: [], anchors: 0, refused: [] }

/**
 * `holdfast audit verify`: recomputes the chains of the security log in all databases of the installation, and compares
 * them with what was stored outside. It locks nothing and changes nothing.
 */
export async function verifyAuditCommand(context: CommandContext, options: VerifyAuditOptions): Promise<ExitCode> {
  const settings = readSettings(context)
  const place = options.anchors ?? settings.auditAnchors
  const months = options.months ?? settings.auditMonths
  const since = new Date(Date.now() - (options.days ?? months * 31) * 86_400_000)
  const read = place === null ? noAnchors : await anchorsIn(context, place, since, options)
  if (options.anchors !== undefined && read.anchors + read.refused.length === 0) {
    throw new CommandRefusal(`there are no anchors in ${options.anchors}`)
  }
  if (read.anchors === 0 && read.refused.length > 0 && read.refused.every(({ isOfOtherKey }) => isOfOtherKey)) {
    throw new CommandRefusal(otherKeys(read.refused.length, options.key))
  }
  const report = await withAllDatabases(context, 'audit verify', (directory, others) =>
    verifyAudit(
      [directory, ...others].map(({ pool }) => pool),
      { anchored: place === null ? null : read.anchored, since, months },
    ),
  )
  const isRestored = report.restored.length > 0 && options.restored !== true
  const isGood = report.findings.length === 0 && read.refused.length === 0 && !isRestored
  const { terminal } = context
  if (options.json === true) terminal.json({ ...report, anchors: read.anchors, refusedAnchors: read.refused })
  else print(context, report, read, place === null)
  return isGood ? 0 : 1
}

/** `holdfast audit key`: prints the public key of the anchors, which an auditor needs. */
export async function auditKeyCommand(context: CommandContext): Promise<ExitCode> {
  const [key] = await keysOf(context)
  if (key === undefined) throw new CommandRefusal('there is no secret')
  context.terminal.out(key.export({ type: 'spki', format: 'pem' }).toString().trim())
  return 0
}

async function anchorsIn(
  context: CommandContext,
  place: string,
  since: Date,
  options: VerifyAuditOptions,
): Promise<ReadAnchors> {
  const keys = options.key === undefined ? await keysOf(context) : [await readKey(pathOf(options.key, context.env))]
  try {
    if (await isFile(place)) return await readAnchorLines((await open(place)).readLines(), keys, since)
    return await readAnchors(openObjectStore(place, readSettings(context).s3Url), keys, since)
  } catch (error) {
    if (error instanceof ObjectStoreError) throw new CommandRefusal(`the anchors cannot be read: ${error.message}`)
    throw error
  }
}

function otherKeys(anchors: number, keyFile: string | undefined): string {
  const checked = keyFile === undefined ? 'the secret that this command reads' : keyFile
  const advice = 'on the server, `holdfast audit key` prints the right one, for --key'
  return `no anchor of ${anchors} was signed with the key of ${checked}, which says nothing of them: ${advice}`
}

/** Whether the place is a file, in which a receiver of syslog has written. */
const isFile = (place: string): Promise<boolean> =>
  stat(place).then(
    (found) => found.isFile(),
    () => false,
  )

/** The public keys that belong to the secrets of the server, the newest first. */
function keysOf(context: CommandContext): Promise<KeyObject[]> {
  return withDatabase(context, async ({ ownerUrl }, config) => {
    const { secrets } = await inspectSecrets(ownerUrl, config)
    return secrets.map((secret) => anchorKey(secret).publicKey)
  })
}

async function readKey(path: string): Promise<KeyObject> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandRefusal(`--key ${path} cannot be read: ${messageOf(error)}`, 2)
  })
  try {
    return createPublicKey(text)
  } catch (error) {
    throw new CommandRefusal(`--key ${path} is no public key in the form PEM: ${messageOf(error)}`, 2)
  }
}

function print({ terminal }: CommandContext, report: AuditReport, read: ReadAnchors, isWithout: boolean): void {
  const whole = (value: number) => value.toLocaleString('en')
  const rows: [string, string][] = [
    ['events', whole(report.events)],
    ['chains', whole(report.chains)],
    ['erased', whole(report.erased)],
    ['anchors', isWithout ? 'none: set HOLDFAST_AUDIT_ANCHORS, or --anchors' : whole(read.anchors)],
  ]
  for (const line of columns(rows, '')) terminal.out(line)
  for (const { clinicNo, epoch, no, lost, elsewhere } of report.restored) {
    const chain = `${nameOf(clinicNo)}, epoch ${epoch}`
    if (lost > 0) {
      terminal.out(`restored ${chain}: ${whole(lost)} events after ${no} were anchored, and are lost since a restore`)
    }
    if (elsewhere > 0) {
      const there = `${whole(elsewhere)} events after ${no} are in another database, to which the clinic has moved`
      terminal.out(`restored ${chain}: ${there}; its former one was restored to before`)
    }
  }
  for (const { place, reason } of read.refused.slice(0, findingsShownMax)) {
    terminal.out(`${terminal.style('red', 'anchor_refused')} ${place}: ${reason}`)
  }
  for (const { kind, clinicNo, epoch, no, message } of report.findings.slice(0, findingsShownMax)) {
    terminal.out(`${terminal.style('red', kind)} ${nameOf(clinicNo)}, epoch ${epoch}, event ${no}: ${message}`)
  }
  const found = report.findings.length + read.refused.length
  if (found > findingsShownMax) terminal.out(`${whole(found)} findings; --json names all`)
  if (found > 0) terminal.out(terminal.style('red', 'The security log was changed: see above.'))
  else if (report.restored.length > 0) {
    terminal.out('The rest of the security log is as it was written. Were these restores yours?')
  } else if (isWithout) {
    terminal.out('The chains of the security log are whole.')
    terminal.out('Without anchors, what the owner of the database changed and calculated anew is not found.')
  } else terminal.out(terminal.style('green', 'The security log is as it was written.'))
}

const nameOf = (clinicNo: number) => (clinicNo === 0 ? 'no clinic' : `clinic number ${clinicNo}`)
