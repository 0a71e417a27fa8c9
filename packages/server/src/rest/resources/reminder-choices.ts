import { restOperations } from '@holdfast/contract'
import { clinicNoOf, isId } from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { choicesOf } from '../../messages/patient-messages/recipient-choices.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** Whether a patient gets reminders of a clinic, chosen with the link of a reminder. */
export function serveReminderChoices(serve: Serve, deps: RestDeps): void {
  serve(restOperations.chooseReminders, async ({ body }) => {
    const { clinicName, accountReminders } = await chooseReminders(deps, body)
    return { status: 200, body: { clinicName, reminders: body.reminders, accountReminders } }
  })
}

type Choice = { bookingId: string; token: string; reminders: boolean }

type Chosen = {
  clinicName: string
  /** false: the account that decides about the booking has turned off reminders by e-mail, too. */
  accountReminders: boolean
}

/** @throws ProblemError link_used */
export async function chooseReminders(deps: RestDeps, { bookingId, token, reminders }: Choice): Promise<Chosen> {
  const { engine, accounts, unsubscribeTokens, recipientDigests } = deps
  const booking = isId(bookingId) ? await engine.reads.booking(bookingId) : null
  const clinic = booking === null ? null : await engine.directory.clinic(booking.clinicId)
  if (booking === null || clinic === null) throw linkUsed()
  if (!unsubscribeTokens.verify(bookingId, booking.patient.email ?? '', token)) throw linkUsed()
  const clinicNo = clinicNoOf(bookingId)
  const { email } = booking.patient
  await engine.messages.chooseReminders({ clinicNo, recipients: recipientDigests(email), wanted: reminders })
  const reads = { accountOf: accounts.ofConfirmedEmail, choices: engine.messages.choices }
  const { reminderEmails } = await afterCommit(() => choicesOf({ accountId: booking.accountId, email }, reads))
  return { clinicName: clinic.name, accountReminders: reminderEmails }
}

/** The problem of a link that unsubscribes. */
export function linkUsed() {
  return problem('link_used', 'The link is not complete, or what it is about was erased.')
}
