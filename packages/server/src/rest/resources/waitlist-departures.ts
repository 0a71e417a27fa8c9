import { restOperations } from '@holdfast/contract'
import { isId } from '@holdfast/engine'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { linkUsed } from './reminder-choices.ts'

/** Leaving a waitlist with the link of an offer's e-mail. */
export function serveWaitlistDepartures(serve: Serve, deps: RestDeps): void {
  serve(restOperations.leaveWaitlistByLink, async ({ body }) => ({
    status: 200,
    body: { clinicName: await leaveWaitlistByLink(deps, body) },
  }))
}

/**
 * Ends the entry, and declines its open offer, so that the next person gets it at once. Idempotent.
 *
 * @returns the clinic's name. @throws ProblemError link_used
 */
export async function leaveWaitlistByLink(
  { engine, unsubscribeTokens }: RestDeps,
  { entryId, token }: { entryId: string; token: string },
): Promise<string> {
  const entry = isId(entryId) ? await engine.waitlist.entry(entryId) : null
  const clinic = entry === null || entry.erasedAt !== null ? null : await engine.directory.clinic(entry.clinicId)
  if (entry === null || clinic === null) throw linkUsed()
  const { email = '' } = entry.patient
  if (!unsubscribeTokens.verify(entryId, email, token)) throw linkUsed()
  if (!(await engine.waitlist.leave(entryId, 'left', null, { access: { email } }))) throw linkUsed()
  return clinic.name
}
