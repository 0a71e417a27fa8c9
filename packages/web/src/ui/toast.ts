import { notifications } from '@mantine/notifications'
import i18next from 'i18next'
import type { ReactNode } from 'react'

export type Toast = { id?: string; title?: string; message: ReactNode }

const shownMs = 6_000

function shared({ id, title, message }: Toast) {
  const closeButtonProps = { 'aria-label': i18next.t('shell:close') }
  return { ...(id ? { id } : {}), title, message, closeButtonProps }
}

/** Announces an outcome briefly, also to screen readers. What has to be read stays on the page instead. */
export function toastDone(toast: Toast): void {
  notifications.show({ ...shared(toast), color: 'pine', autoClose: shownMs })
}

/** Announces a failure; stays longer. */
export function toastFailed(toast: Toast): void {
  notifications.show({ ...shared(toast), color: 'red', autoClose: 2 * shownMs })
}
