import { restOperations } from '@holdfast/contract'
import { clinicNoOf, isId } from '@holdfast/engine'
import { problem } from '../../edge/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** Whether a patient gets reminders of a clinic, chosen with the link of a reminder. */
export function serveReminderChoices(serve: Serve, deps: RestDeps): void {
  serve(restOperations.chooseReminders, async ({ body }) => {
    const clinicName = await chooseReminders(deps, body)
    return { status: 200, body: { clinicName, reminders: body.reminders } }
  })
}

type Choice = { bookingId: string; token: string; reminders: boolean }

/** @returns the clinic's name. @throws ProblemError link_used */
export async function chooseReminders(deps: RestDeps, { bookingId, token, reminders }: Choice): Promise<string> {
  const { engine, unsubscribeTokens, recipientDigests } = deps
  const booking = isId(bookingId) ? await engine.reads.booking(bookingId) : null
  const clinic = booking === null ? null : await engine.directory.clinic(booking.clinicId)
  if (booking === null || clinic === null) throw linkUsed()
  if (!unsubscribeTokens.verify(bookingId, booking.patient.email ?? '', token)) throw linkUsed()
  const clinicNo = clinicNoOf(bookingId)
  const recipients = recipientDigests(booking.patient.email)
  await engine.messages.chooseReminders({ clinicNo, recipients, wanted: reminders })
  return clinic.name
}

function linkUsed() {
  return problem('link_used', 'The link is not complete, or its booking was erased.')
}
