import { NumberInput } from '@mantine/core'

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
  return <NumberInput size="md" required allowDecimal={false} {...props} />
}
