import type { UseFormReturnType } from '@mantine/form'

/** For `onSubmit` of a form: sends valid values; otherwise the first field with an error gets the focus. */
export function submitValid<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  submit: (values: Values) => void,
) {
  return form.onSubmit(submit, (errors) => form.getInputNode(Object.keys(errors)[0] ?? '')?.focus())
}
