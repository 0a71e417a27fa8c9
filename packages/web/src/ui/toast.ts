import { randomId } from '@mantine/hooks'
import { notifications, notificationsStore } from '@mantine/notifications'
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

/**
 * The same, instead of earlier ones of its kind, also those that wait to be shown: with two, it could not be seen what
 * the button of each undoes.
 */
export function toastNewest(kind: string, toast: Omit<Toast, 'id'>): void {
  closeToasts(kind)
  toastDone({ ...toast, id: randomId(`${kind} `) })
}

/** Closes those that {@link toastNewest} shows of a kind. */
export function closeToasts(kind: string): void {
  const { notifications: shown, queue } = notificationsStore.getState()
  for (const { id } of [...shown, ...queue]) if (id?.startsWith(`${kind} `)) notifications.hide(id)
}

/** Announces a failure; stays longer. */
export function toastFailed(toast: Toast): void {
  notifications.show({ ...shared(toast), color: 'red', autoClose: 2 * shownMs })
}
