import { lazy, Suspense } from 'react'
import { refusalCode } from '../../lib/api/api-error.ts'
import { useShowError } from '../../ui/use-show-error.ts'

const PasswordForm = lazy(async () => ({ default: (await import('./password-form.tsx')).PasswordForm }))

type PasswordDialogProps<Change extends { password?: string }> = {
  /** The mutation that the server may ask the password for. */
  of: { error: Error | null; isPending: boolean; variables: Change | undefined; reset(): void }
  /** Starts it again, with the password. */
  send(change: Change): void
}

/** Asks for the current password, as soon as the server does so: ten minutes after somebody signed in. */
export function PasswordDialog<Change extends { password?: string }>({ of, send }: PasswordDialogProps<Change>) {
  const { error, isPending, variables, reset } = of
  const isAsked = refusalCode(error) === 'password_wrong'
  const wasSent = variables?.password !== undefined
  if (variables === undefined || !(isAsked || (isPending && wasSent))) return null
  return (
    <Suspense fallback={null}>
      <PasswordForm
        isWrong={isAsked && wasSent}
        isBusy={isPending}
        onClose={reset}
        onConfirm={(password) => send({ ...variables, password })}
      />
    </Suspense>
  )
}

/** Shows a failure as a toast, unless the dialog does so. */
export function useShowErrorBesidePassword(): (error: Error) => void {
  const showError = useShowError()
  return (error) => {
    if (errorBesidePassword(error) !== null) showError(error)
  }
}

/** An error that the dialog does not show. */
export function errorBesidePassword(error: Error | null): Error | null {
  return refusalCode(error) === 'password_wrong' ? null : error
}
