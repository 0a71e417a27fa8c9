/**
 * Runs `change` now; while a button is being pressed, after its click. What is shown or removed when a field loses the
 * focus moves what is below it: the pressed button would be elsewhere when it is released, and would not be clicked.
 */
export function afterPress(change: () => void): void {
  if (document.querySelector('body :active') === null) change()
  else window.addEventListener('mouseup', () => setTimeout(change), { capture: true, once: true })
}
