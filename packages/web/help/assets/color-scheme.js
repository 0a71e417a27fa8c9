// Before the first paint: the colours that were chosen on the site; otherwise those of the system, also when they change.
const dark = matchMedia('(prefers-color-scheme: dark)')

function stored() {
  try {
    return localStorage.getItem('holdfast-color-scheme')
  } catch {
    return null
  }
}

function apply() {
  const chosen = stored()
  const scheme = chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light'
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme)
}

apply()
dark.addEventListener('change', apply)
