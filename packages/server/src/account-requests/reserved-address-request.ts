import type { ReservedAddresses, StoreReservedNotice } from '../accounts/emails/reserved-addresses.ts'
import type { AccountMails } from '../messages/account-mails/account-mails.ts'
import { storeReservedNotice } from '../messages/account-mails/store-changed-mail.ts'
import type { Processing, ProcessRequest } from './process-account-requests.ts'

type ReservedNoticeDeps = { mails: Pick<AccountMails, 'store' | 'isAvailable'>; publicUrl: string }

/** Processes the wish of an account for an address: a notice to whoever had it, if an account may take it back. */
export function createReservedAddressProcessor(
  deps: ReservedNoticeDeps & { accounts: ReservedAddresses },
): ProcessRequest<'reserved_address_request'> {
  return (named, processing) => deps.accounts.noteReserved(named, storingReservedNotice(deps, processing))
}

/** Stores the notice, and ends the request with it. */
export function storingReservedNotice(
  deps: ReservedNoticeDeps,
  { endRequest }: Pick<Processing, 'endRequest'>,
): StoreReservedNotice {
  const store = storeReservedNotice(deps)
  return async (transaction, notice) => {
    await endRequest(transaction)
    await store(transaction, notice)
  }
}
