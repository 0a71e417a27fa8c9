import {
  type DueAccountMail,
  deleteAccountMail,
  endAccountRequest,
  inTransaction,
  repeatAccountMail,
  takeAccountMails,
} from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import { type Repeated, repeatEvery } from '../lifecycle/repeat-every.ts'
import type { Logger } from '../observe/logger.ts'
import type { SealedTexts } from '../secrets/sealed-texts.ts'
import type { StoredAccountMail } from './account-mail.ts'
import type { AccountMails, AccountRequests } from './account-mails.ts'

export type Answering = {
  /**
   * To be called first in the transaction that stores the mails for a request, so that each request leads to them once.
   *
   * @throws Error if another server answers it now
   */
  done(transaction: PoolClient): Promise<void>
  /** Stores the mails in such a transaction. */
  store(mails: readonly StoredAccountMail[], validHours: number): Promise<void>
}

/** Resolves without having called either if the request leads to no mail. */
export type AnswerRequest<Kind extends keyof AccountRequests> = (
  request: AccountRequests[Kind],
  answering: Answering,
) => Promise<void>

type AnswerDeps = {
  /** Of the application role. */
  pool: Pool
  sealed: Pick<SealedTexts, 'open'>
  mails: Pick<AccountMails, 'store' | 'onRequest'>
  answers: { [Kind in keyof AccountRequests]: AnswerRequest<Kind> }
  log: Logger
}

/** Requests are answered at once; this is for those whose server has ended meanwhile, and for failures. */
const everyMs = 5_000
const takenMax = 20
const attemptSeconds = 60
const pauseSecondsMin = 5
const pauseSecondsMax = 600

/**
 * Turns stored requests into mails, or into none, in every server: after the response, so that nobody learns from it,
 * or from the time until it, what was found.
 */
export function startAnsweringRequests(deps: AnswerDeps): Repeated {
  const repeated = repeatEvery((signal) => answerDue(deps, signal), {
    everyMs,
    onFailure: (error) => deps.log.warn({ err: error }, 'requests for mails could not be read, and are tried again'),
  })
  deps.mails.onRequest(repeated.wake)
  return repeated
}

async function answerDue(deps: AnswerDeps, signal: AbortSignal): Promise<void> {
  for (let taken = takenMax; taken === takenMax && !signal.aborted; ) {
    const wanted = { isRequest: true, limit: takenMax, seconds: attemptSeconds }
    const requests = await takeAccountMails(deps.pool, wanted)
    await Promise.all(requests.map((request) => answer(deps, request)))
    taken = requests.length
  }
}

async function answer(deps: AnswerDeps, due: DueAccountMail): Promise<void> {
  const { pool, sealed, mails, log } = deps
  try {
    const done = (transaction: PoolClient) => endAccountRequest(transaction, due)
    const store: Answering['store'] = (all, validHours) =>
      inTransaction(pool, async (transaction) => {
        await done(transaction)
        for (const mail of all) await mails.store(transaction, mail, validHours)
      })
    if (due.isExpired) log.warn({ kind: due.kind }, 'a request for a mail was given up')
    else {
      const text = await sealed.open(due.sealed)
      // Another server may have the secret, or this one after its restart.
      if (text === null) throw new Error('No secret of this server opens it.')
      await answerOf(deps, due.kind as keyof AccountRequests)(JSON.parse(text), { done, store })
    }
    await deleteAccountMail(pool, due)
  } catch (error) {
    log.error({ err: error, kind: due.kind }, 'a request for a mail could not be answered, and is tried again')
    // If this fails, too, it is taken again after its time.
    const pause = Math.min(pauseSecondsMin * 2 ** (due.attempts - 1), pauseSecondsMax)
    await repeatAccountMail(pool, due, pause).catch(() => undefined)
  }
}

function answerOf<Kind extends keyof AccountRequests>({ answers }: AnswerDeps, kind: Kind): AnswerRequest<Kind> {
  return answers[kind]
}
