import { invalidRequest, preview } from '../../edge/bodies/validator.ts'

const currencies = new Set(Intl.supportedValuesOf('currency'))

/**
 * @param path where the fee is in the body
 * @throws ProblemError invalid_request
 */
export function requireCurrency(fee: { currency: string } | null | undefined, path = '/fee'): void {
  if (fee && !currencies.has(fee.currency)) {
    const message = `must be an ISO 4217 code, not ${preview(fee.currency)}`
    throw invalidRequest([{ path: `${path}/currency`, message }])
  }
}
