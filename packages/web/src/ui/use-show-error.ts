import { useTranslation } from 'react-i18next'
import { problemMessage } from '../lib/api/problem-message.ts'
import { toastFailed } from './toast.ts'

/** Shows a failure as a toast, for buttons without a form. */
export function useShowError(): (error: unknown) => void {
  const { t } = useTranslation('problems')
  return (error) => {
    const { title, help } = problemMessage(error, t)
    toastFailed({ title, message: help })
  }
}
