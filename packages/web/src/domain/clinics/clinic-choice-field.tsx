import { ClinicField } from './clinic-field.tsx'
import type { ClinicChoice } from './use-clinic-choice.ts'

type ClinicChoiceFieldProps = {
  choice: ClinicChoice
  inputId: string
  label: string
  placeholder: string
  error: string | null
  /** The form has been submitted: the field is shown even if it is not known yet whether it is needed. */
  isTried: boolean
}

/**
 * Chooses the clinic if there are several. It is the last field of a form, so its late appearance does not shift the
 * fields above.
 */
export function ClinicChoiceField({ choice, isTried, ...field }: ClinicChoiceFieldProps) {
  const { chosenId, choose, isOffered = isTried } = choice
  return isOffered ? <ClinicField {...field} clinicId={chosenId} onChange={choose} /> : null
}
