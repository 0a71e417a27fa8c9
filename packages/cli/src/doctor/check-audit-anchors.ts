import { isIP } from 'node:net'
import { ObjectStoreError, openObjectStore } from '@holdfast/adapters/object-store'
import { type SyslogServer, sendSyslog } from '@holdfast/adapters/syslog'
import type { Config } from '@holdfast/server/config'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'
import { checkDirectory } from './check-machine.ts'

const name = 'audit anchors'
const syslogName = 'audit syslog'
const setting = 'HOLDFAST_AUDIT_ANCHORS'
/** Ends are stored each minute. */
const lateMs = 15 * 60_000
const dayMs = 86_400_000
const seeLog = 'start Holdfast if it does not run; else its log says why: the job `security-log` fails'

/**
 * Whether the ends of the security log can be stored at HOLDFAST_AUDIT_ANCHORS, if it is set, and when the last ones
 * were. It writes nothing: in a bucket with object lock, what is written stays.
 *
 * @param isWaiting whether the database has ends that were not stored yet
 */
export async function checkAuditAnchors(
  { auditAnchors: place, s3Url }: Pick<Config, 'auditAnchors' | 's3Url'>,
  isWaiting: () => Promise<boolean>,
  now = new Date(),
): Promise<Check[]> {
  if (place === null) return []
  const directory = place.includes('://') ? null : await checkDirectory(name, place, setting)
  if (directory?.state === 'error') return [directory]
  const space = directory?.state === 'warning' ? [directory] : []
  try {
    const store = openObjectStore(place, s3Url)
    // Those of a year are half a million.
    const days = [0, 1, 2].map((ago) => new Date(now.getTime() - ago * dayMs).toISOString().slice(0, 10))
    const found = (await Promise.all(days.map((day) => store.list(`${day}/`)))).flat().map(({ key }) => timeIn(key))
    return [
      ...space,
      judge(
        place,
        found
          .filter((time) => time !== null)
          .sort()
          .at(-1),
        await isWaiting(),
        now,
      ),
    ]
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    return [problem(name, messageOf(error), `correct ${setting} or S3_URL, as docs/operations/security-log.md says`)]
  }
}

/**
 * Whether the receiver at HOLDFAST_AUDIT_SYSLOG, if it is set, accepts connections, which are closed without a message.
 * By UDP, only its name is looked up.
 */
export async function checkAuditSyslog(server: SyslogServer | null): Promise<Check[]> {
  if (server === null) return []
  const { protocol, host, port } = server
  const receiver = `${protocol}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  try {
    await sendSyslog(server, [])
  } catch (error) {
    const fix = 'correct HOLDFAST_AUDIT_SYSLOG or start the receiver, as docs/operations/security-log.md says'
    return [problem(syslogName, `${receiver} cannot be reached: ${messageOf(error)}`, fix)]
  }
  return [ok(syslogName, protocol === 'udp' ? `${receiver} has an address; UDP tells no more` : `${receiver} answers`)]
}

/** ISO 8601, of the name of an anchor such as `2026-03-02/091504-0123456789ab.json`. */
function timeIn(key: string): string | null {
  const [, day, hours, minutes, seconds] = /^(\d{4}-\d\d-\d\d)\/(\d\d)(\d\d)(\d\d)-[0-9a-f]{12}\.json$/.exec(key) ?? []
  return day === undefined ? null : `${day}T${hours}:${minutes}:${seconds}Z`
}

function judge(place: string, last: string | undefined, isWaiting: boolean, now: Date): Check {
  const stored =
    last === undefined ? `${place} has no ends of the last two days` : `${place} has the ends until ${last}`
  const isLate = last === undefined || now.getTime() - new Date(last).getTime() > lateMs
  if (!isWaiting || !isLate) return ok(name, stored)
  return warning(name, `${stored}, and there are later ones`, seeLog)
}
