import {
  type AuditEventBody,
  type AuditKind,
  auditKinds,
  type Operation,
  restOperations,
  type Tag,
} from '@holdfast/contract'
import { type AuditEvent, type AuditEventsQuery, instantsOfLocalDays, type Page } from '@holdfast/engine'
import type { AccountCard } from '../../accounts/accounts.ts'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'
import type { AuditEntry } from '../../audit/audit-entry.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { type CsvRow, csvResponse, pagesOf, type Sending } from '../responses/csv.ts'
import { keyNames } from '../responses/key-names.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'

const daysMax = 10 * 366
const rowsAtOnce = 500
const columns = [
  'id',
  'at',
  'kind',
  'count',
  'actorKind',
  'actorId',
  'actorName',
  'actorEmail',
  'subjectId',
  'subjectName',
  'network',
  'clinicId',
  'clinicName',
  'details',
  'subjects',
  'epoch',
  'no',
  'hash',
] as const
const firstDay = '1970-01-02'
const lastDay = '2199-12-31'

type Filters = {
  kind?: AuditKind
  accountId?: string
  from?: string
  to?: string
  limit: number
  cursor?: string
}

type Clinics = Pick<AuditEventsQuery, 'clinicNo' | 'onlyWithoutFactor'>

/** The security log: of a clinic for its admins, of the whole site for its administrators. */
export function serveAuditEvents(serve: Serve, deps: RestDeps): void {
  const { auditLog } = deps.engine

  serve(restOperations.listClinicAuditEvents, async ({ query, granted: { clinic } }) => {
    const page = await auditLog.events(
      queryOf({ clinicNo: clinic.no, onlyWithoutFactor: false }, query, clinic.timezone),
    )
    return { status: 200, body: await pageBody(page) }
  })

  serve(restOperations.listAuditEvents, async ({ query, granted: administrator }) => {
    const page = await auditLog.events(queryOf(clinicsFor(administrator), query, 'UTC'))
    return { status: 200, body: await pageBody(page) }
  })

  serve(restOperations.recordExport, () => ({ status: 204, body: undefined }), {
    audit: ({ body: { what, rows } }) => ({ details: [what, `${rows}`] }),
  })

  serve(restOperations.exportClinicAuditEvents, ({ query, granted: { clinic, actor }, request, sending }) => {
    const by = { clinicNo: clinic.no, actorId: actor.accountId, network: networkPrefix(request.ip) }
    return exportEvents({ clinicNo: clinic.no, onlyWithoutFactor: false }, query, clinic.timezone, by, sending)
  })

  serve(restOperations.exportAuditEvents, ({ query, granted: administrator, request, sending }) => {
    const by = { clinicNo: null, actorId: administrator.accountId, network: networkPrefix(request.ip) }
    return exportEvents(clinicsFor(administrator), query, 'UTC', by, sending)
  })

  /** The newest first, so that it has none that are recorded meanwhile. It is recorded itself. */
  async function exportEvents(
    clinics: Clinics,
    query: Omit<Filters, 'limit' | 'cursor'> & { separator: 'comma' | 'semicolon' },
    timezone: string,
    by: Pick<AuditEntry, 'network'> & { clinicNo: number | null; actorId: string },
    sending: Sending,
  ) {
    const release = deps.exportSlots.take(by.actorId, by.clinicNo)
    async function* rows() {
      const read = async (cursor: string | null) => {
        const filters = { ...query, limit: rowsAtOnce, ...(cursor === null ? {} : { cursor }) }
        return pageBody(await auditLog.events(queryOf(clinics, filters, timezone)))
      }
      for await (const events of pagesOf(read)) yield events.map(rowOf)
    }
    return csvResponse(sending, {
      name: 'security-log',
      separator: query.separator,
      columns,
      pages: rows(),
      release,
      async record(...details) {
        if (details[0] === '0') return
        await deps.audit.acknowledge([{ ...by, kind: 'data_exported', details: ['audit_events', ...details] }])
      },
    })
  }

  async function pageBody({ items, nextCursor }: Page<AuditEvent>) {
    const ids = items.flatMap(({ actorId, subjectId }) => [actorId, subjectId]).filter((id) => id !== null)
    const keyIds = items.flatMap(({ actorKind, actorId }) => (actorKind === 'api_key' ? (actorId ?? []) : []))
    const [cards, keys] = await Promise.all([
      deps.accounts.byIds([...new Set(ids)]),
      keyNames(deps, [...new Set(keyIds)]),
    ])
    return { items: items.flatMap((event) => bodyOf(event, cards, keys)), nextCursor }
  }
}

/** A clinic that requires a second factor does so of site administrators, too: its own list refuses them. */
function clinicsFor({ secondFactorAt }: AccountPrincipal): Clinics {
  return { clinicNo: null, onlyWithoutFactor: secondFactorAt === null }
}

function queryOf(clinics: Clinics, filters: Filters, timezone: string): AuditEventsQuery {
  const { kind = null, accountId = null, from, to, limit, cursor = null } = filters
  if (from !== undefined && to !== undefined) requireDays(from, to, daysMax)
  const { start, end } = instantsOfLocalDays(from ?? firstDay, to ?? lastDay, timezone)
  return {
    ...clinics,
    kind,
    accountId,
    from: from === undefined ? null : start,
    to: to === undefined ? null : end,
    limit,
    cursor,
  }
}

function rowOf(event: AuditEventBody): CsvRow {
  return columns.map((column) => {
    const value = event[column]
    return Array.isArray(value) ? value.join('; ') : value
  })
}

/** Events of kinds that only a later release knows are left out. */
function bodyOf(
  event: AuditEvent,
  cards: ReadonlyMap<string, AccountCard>,
  keys: ReadonlyMap<string, string>,
): AuditEventBody[] {
  const kind = auditKinds.find((one) => one === event.kind)
  if (kind === undefined) return []
  const actor = event.actorId === null ? undefined : cards.get(event.actorId)
  const subject = event.subjectId === null ? undefined : cards.get(event.subjectId)
  return [
    {
      ...event,
      kind,
      area: kind === 'denied' ? areaOf(event.details[0]) : null,
      at: timeText(event.at),
      actorName: actor?.name ?? keys.get(event.actorId ?? '') ?? null,
      actorEmail: actor?.email ?? null,
      subjectName: subject?.name ?? null,
    },
  ]
}

/** @returns null for an operation that only another release knows */
function areaOf(operationId: string | undefined): Tag | null {
  const described: Readonly<Record<string, Pick<Operation, 'tag'> | undefined>> = restOperations
  return described[operationId ?? '']?.tag ?? null
}
