type Fee = { amount: number; currency: string }

/** A fee as it is typed, in the currency's main unit: 65 is 65 €; '' without a fee. */
export function typedFee(fee: Fee | null | undefined): number | string {
  return fee ? fee.amount / 10 ** decimalsOf(fee.currency) : ''
}

/** A typed fee as the API has it, in the minor unit; null: none was typed. */
export function feeOf(typed: number | string, currency: string): Fee | null {
  return typed === '' ? null : { amount: Math.round(Number(typed) * 10 ** decimalsOf(currency)), currency }
}

/** The number of decimals of a currency: 2 for EUR, 0 for JPY, 3 for KWD. */
export function decimalsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}
