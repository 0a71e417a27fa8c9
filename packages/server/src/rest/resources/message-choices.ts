import { type MessageChoicesBody, restOperations } from '@holdfast/contract'
import { clinicNoOf } from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** What the caller gets about their bookings. */
export function serveMessageChoices(serve: Serve, deps: RestDeps): void {
  const { engine, accounts, recipientDigests } = deps
  const headers = { 'cache-control': 'no-store' }

  serve(restOperations.getMyMessageChoices, async ({ granted: { accountId } }) => ({
    status: 200,
    body: await choicesBody(deps, accountId),
    headers,
  }))

  serve(restOperations.setMyMessageChoices, async ({ body, granted: { accountId } }) => {
    await engine.messages.setChoices(accountId, body)
    return { status: 200, body: await afterCommit(() => choicesBody(deps, accountId)), headers }
  })

  serve(restOperations.deleteMyReminderOptOut, async ({ params: { clinicId }, granted: { accountId } }) => {
    if ((await engine.directory.clinic(clinicId)) === null) throw clinicNotFound(clinicId)
    const email = await accounts.confirmedEmail(accountId)
    if (email === null) throw problem('forbidden', 'Confirm the e-mail address of your account first.')
    const recipients = recipientDigests(email)
    await engine.messages.chooseReminders({ clinicNo: clinicNoOf(clinicId), recipients, wanted: true })
    return { status: 204, body: undefined }
  })
}

/** Which clinics have sent mails to an address is shown to the account that has proven it, and to nobody else. */
async function choicesBody(deps: RestDeps, accountId: string): Promise<MessageChoicesBody> {
  const { engine, accounts, recipientDigests } = deps
  const email = await accounts.confirmedEmail(accountId)
  const [choices, optOuts] = await Promise.all([
    engine.messages.choices(accountId),
    email === null ? null : engine.messages.reminderOptOuts(recipientDigests(email)),
  ])
  const reminderOptOuts = optOuts?.map((optOut) => ({ ...optOut, since: timeText(optOut.since) })) ?? null
  return { ...choices, reminderOptOuts }
}
