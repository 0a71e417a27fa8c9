import { notifications } from '@mantine/notifications'
import type { ReactNode } from 'react'

export type Toast = { id?: string; title?: string; message: ReactNode }

const shownMs = 6_000

/** Tells an outcome in passing, and to screen readers. What has to be read stays on the page instead. */
export function toastDone({ id, title, message }: Toast): void {
  notifications.show({ ...(id ? { id } : {}), title, message, color: 'pine', autoClose: shownMs, withBorder: true })
}

/** Something didn't work; stays longer. */
export function toastFailed({ id, title, message }: Toast): void {
  notifications.show({ ...(id ? { id } : {}), title, message, color: 'red', autoClose: 2 * shownMs, withBorder: true })
}
