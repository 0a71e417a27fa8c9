import {
  type DueAccountMail,
  deleteAccountMail,
  endAccountRequest,
  inTransaction,
  repeatAccountMail,
  takeAccountMails,
} from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import { pauseAfter } from '../lifecycle/pause-after.ts'
import { type Repeated, repeatEvery } from '../lifecycle/repeat-every.ts'
import type { StoredAccountMail } from '../messages/account-mails/account-mail.ts'
import type { AccountMails, AccountRequests } from '../messages/account-mails/account-mails.ts'
import type { Logger } from '../observe/logger.ts'
import type { SealedTexts } from '../secrets/sealed-texts.ts'

export type Processing = {
  /**
   * Ends the request in the transaction that stores its mails, before they are stored: so it leads to them once.
   *
   * @throws Error if another attempt has begun since, which stores them
   */
  endRequest(transaction: PoolClient): Promise<void>
  /**
   * Ends the request and stores its mails, in a transaction, in which `isWithinLimit` counts each: once, however often
   * the request is processed.
   */
  store<Mail extends StoredAccountMail>(
    mails: readonly Mail[],
    validHours: number,
    isWithinLimit: (transaction: PoolClient, mail: Mail) => Promise<boolean>,
  ): Promise<void>
}

/** Resolves without having called either if the request leads to no mail. */
export type ProcessRequest<Kind extends keyof AccountRequests> = (
  request: AccountRequests[Kind],
  processing: Processing,
) => Promise<void>

export type Processors = { [Kind in keyof AccountRequests]?: ProcessRequest<Kind> }

type ProcessDeps = {
  /** The pool of the application role. */
  pool: Pool
  sealed: Pick<SealedTexts, 'open'>
  mails: Pick<AccountMails, 'store' | 'onRequest'>
  /** A processor for each kind of request that `pool` has. */
  processors: Processors
  log: Logger
}

/** Requests are processed at once. The interval retries those that failed, and those of a server that has ended. */
const everyMs = 5_000
const takenMax = 20
const attemptSeconds = 60
const pauseSeconds = { min: 5, max: 600 }

/**
 * Turns stored requests into mails, or into none, in every server: after the response, so that
 * neither the response nor its timing reveals whether an account exists.
 */
export function startProcessingRequests(deps: ProcessDeps): Repeated {
  const repeated = repeatEvery((signal) => processDue(deps, signal), {
    everyMs,
    onFailure: (error) => deps.log.warn({ err: error }, 'requests for mails could not be read, and are tried again'),
  })
  deps.mails.onRequest(repeated.wake)
  return repeated
}

async function processDue(deps: ProcessDeps, signal: AbortSignal): Promise<void> {
  for (let taken = takenMax; taken === takenMax && !signal.aborted; ) {
    const wanted = { isRequest: true, limit: takenMax, seconds: attemptSeconds }
    const requests = await takeAccountMails(deps.pool, wanted)
    await Promise.all(requests.map((request) => processOne(deps, request)))
    taken = requests.length
  }
}

async function processOne(deps: ProcessDeps, due: DueAccountMail): Promise<void> {
  const { pool, sealed, mails, log } = deps
  try {
    const endRequest = (transaction: PoolClient) => endAccountRequest(transaction, due)
    const store: Processing['store'] = (all, validHours, isWithinLimit) =>
      inTransaction(pool, async (transaction) => {
        await endRequest(transaction)
        for (const mail of all) {
          if (await isWithinLimit(transaction, mail)) await mails.store(transaction, mail, validHours)
        }
      })
    if (due.isExpired) log.warn({ kind: due.kind }, 'a request for a mail was given up')
    else {
      const text = await sealed.open(due.sealed)
      // Another server may have the secret, or this one after its restart.
      if (text === null) throw new Error('No secret of this server opens it.')
      await process(deps, due.kind as keyof AccountRequests, JSON.parse(text), { endRequest, store })
    }
    await deleteAccountMail(pool, due)
  } catch (error) {
    log.error({ err: error, kind: due.kind }, 'a request for a mail could not be processed, and is tried again')
    // If this fails, too, it is taken again after its time.
    await repeatAccountMail(pool, due, pauseAfter(due.attempts, pauseSeconds)).catch(() => undefined)
  }
}

function process<Kind extends keyof AccountRequests>(
  { processors }: ProcessDeps,
  kind: Kind,
  request: AccountRequests[Kind],
  processing: Processing,
): Promise<void> {
  const processor: ProcessRequest<Kind> | undefined = processors[kind]
  if (processor === undefined) throw new Error(`Requests of the kind ${kind} are not processed here.`)
  return processor(request, processing)
}
