import { notifications } from '@mantine/notifications'

const spokenMs = 6_000
const hidden = {
  position: 'absolute',
  inset: 0,
  height: 1,
  padding: 0,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
} as const

/**
 * Says an outcome to screen readers alone. The page shows it where it was done; a message above the page would repeat
 * that, and cover other rows.
 */
export function announce(message: string): void {
  notifications.show({ message, withCloseButton: false, autoClose: spokenMs, style: hidden })
}
