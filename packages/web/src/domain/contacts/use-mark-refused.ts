import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { refusedContact } from '../../lib/api/api-error.ts'

/** Marks the contact that the server refused in its form, and focuses it. Call it with the error of the request. */
export function useMarkRefused<Draft extends Record<'email' | 'phone', string>>(form: UseFormReturnType<Draft>) {
  const { t } = useTranslation('waitlist')
  return (error: Error): void => {
    const field = refusedContact(error)
    if (field === null) return
    form.setFieldError(field, t(`invalid.${field}Invalid`))
    form.getInputNode(field)?.focus()
  }
}
