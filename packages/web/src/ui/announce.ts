const spokenMs = 6_000

// It is on the page before the first message: screen readers do not read what a new region begins with.
const region = document.createElement('div')
region.role = 'status'
Object.assign(region.style, { position: 'fixed', top: '0', clipPath: 'inset(50%)' })
document.body.append(region)

/**
 * Says an outcome to screen readers alone. The page shows it where it was done; a message above the page would repeat
 * that, and cover other rows.
 */
export function announce(message: string): void {
  const line = document.createElement('p')
  line.textContent = message
  region.append(line)
  setTimeout(() => line.remove(), spokenMs)
}
