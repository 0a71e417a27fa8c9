import { ConnectionSlots } from '../../edge/connections/connection-slots.ts'
import { problem } from '../../edge/errors/problem-error.ts'

const retryAfterSeconds = 10

/** Counts the files that are being sent by this process: one for an account, and three of a clinic. */
export class ExportSlots {
  readonly #ofAccounts = new ConnectionSlots(Number.POSITIVE_INFINITY, 1)
  readonly #ofClinics = new ConnectionSlots(Number.POSITIVE_INFINITY, 3)

  /**
   * @param clinicNo null: of the whole site
   * @returns what releases the slot
   * @throws ProblemError rate_limited
   */
  take(accountId: string, clinicNo: number | null): () => void {
    const ofAccount = this.#ofAccounts.take(accountId)
    if (typeof ofAccount === 'string') {
      throw problem('rate_limited', 'Your account is exporting a file already: wait until it is complete.', {
        retryAfterSeconds,
      })
    }
    const ofClinic = this.#ofClinics.take(String(clinicNo))
    if (typeof ofClinic === 'string') {
      ofAccount()
      throw problem('rate_limited', 'Three files are being exported already: wait until one is complete.', {
        retryAfterSeconds,
      })
    }
    return () => {
      ofAccount()
      ofClinic()
    }
  }
}
