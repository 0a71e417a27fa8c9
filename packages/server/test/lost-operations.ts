import { type AuditKind, changesNothing, type Operation, restOperations } from '@holdfast/contract'
import { lostDeskOperations } from './lost-desk-operations.ts'
import { lostPatientOperations } from './lost-patient-operations.ts'
import type { LostOperations, LostScene } from './lost-scene.ts'
import { lostTheatreOperations } from './lost-theatre-operations.ts'
import type { OperationId } from './rest-app.ts'

const operations = {
  ...lostPatientOperations,
  ...lostDeskOperations,
  ...lostTheatreOperations,
}

/** The keys are ids of operations that write, of which some are followed by a variant: `fillBlock with no requests`. */
export const lostOperations: LostOperations = operations

type Rest = typeof restOperations
type OperationOf<Name> = Name extends `${infer Id} ${string}` ? Id : Name
type Write = {
  [Id in keyof Rest]: Rest[Id] extends { method: 'GET' } | { audit: { none: 'changes nothing' } } ? never : Id
}[keyof Rest]

const onlyLogged = 'changes nothing but the security log, which has one entry for each time that it was sent'

/**
 * The other writes that change something, and why none of them can be lost. The compiler names a write that is in
 * neither list, and one that is in both.
 */
export const neverLost: Record<Exclude<Write, OperationOf<keyof typeof operations>>, string> = {
  getPersonalData: onlyLogged,
  recordExport: onlyLogged,
}

export const changingWrites = Object.values<Operation>(restOperations)
  .filter(({ method, audit }) => method !== 'GET' && audit !== changesNothing)
  .map(({ id }) => id)

/** The writes of which a retry adds something once more, and why that does no harm. */
export const addedTwice: Partial<Record<keyof typeof operations, string>> = {
  sendTicketLink: 'the patient gets the same link twice; their address gets so many mails a day',
  sendWaitlistLinks: 'the patient gets the same links twice; their address gets so many mails a day',
  testWebhook: 'the receiver gets another test, which is about no booking',
}

/** Patients themselves send these: the security log has only what the desk does. */
const ofPatients: readonly string[] = ['leaveWaitlist with an offer']

function describedBy(name: string): Operation & { id: OperationId } {
  const described = Object.values(restOperations).find(({ id }) => id === name.split(' ')[0])
  if (described === undefined) throw new Error(`The contract has no operation ${name}.`)
  return described
}

/** Prepares a request. `send` sends it with an Idempotency-Key, each time the same one, or with another body. */
export async function prepareLost(scene: LostScene, name: string) {
  const prepare = lostOperations[name]
  if (prepare === undefined) throw new Error(`There is no operation ${name}.`)
  const { rest, theatre } = scene
  const { path, as, token, ...request } = await prepare(scene)
  const { id, access } = describedBy(name)
  const sender = as ?? (access === 'anyone' || token ? undefined : theatre.admin)
  const who = sender === undefined ? { token: token ?? null } : { as: sender }
  const call = { path: { ...theatre.path, ...path }, ...request, ...who }
  const send = (key: string, other?: { body: unknown }) => rest.call(id, { ...call, key, ...other })
  return { body: request.body, send }
}

/** What the security log has of an operation; null: nothing. */
export function auditKindOf(name: string): AuditKind | null {
  const { audit } = describedBy(name)
  if (audit === undefined) throw new Error(`The contract has no write ${name}.`)
  return 'none' in audit || ofPatients.includes(name) ? null : audit.kind
}

/** Retries of these return 404: the first request removed the object, or replaced its token. */
export const goneAfterwards: readonly string[] = [
  'deleteApiKey',
  'deleteMyPerson',
  'deleteWebhook',
  'removeMember',
  'revokeInvitation',
  'renewManageToken',
  'renewWaitlistToken',
]
