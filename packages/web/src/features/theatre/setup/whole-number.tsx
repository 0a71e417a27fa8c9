import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'

type WholeNumberProps = {
  label: string
  description?: string
  min: number
  max: number
  value: number | string
  onChange: (value: number | string) => void
}

/** A required whole number within limits. */
export function WholeNumber(props: WholeNumberProps) {
  return <BoundedNumber required allowDecimal={false} {...props} />
}
