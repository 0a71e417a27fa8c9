// Says in the reader's language that the help is English, and searches the titles of all pages.

function language() {
  let chosen = null
  try {
    chosen = localStorage.getItem('holdfast-language')
  } catch {
    // Storage is blocked.
  }
  const tags = [chosen ?? '', ...navigator.languages, 'en'].map((tag) => tag.toLowerCase().split('-')[0])
  return tags.find((tag) => ['en', 'de', 'ar'].includes(tag))
}

document.querySelector(`.language[lang="${language()}"]`)?.removeAttribute('hidden')

if (matchMedia('(max-width: 52rem)').matches) document.querySelector('nav details')?.removeAttribute('open')

const form = document.getElementById('search')
const input = document.getElementById('q')
const found = document.getElementById('found')
const count = document.getElementById('count')
const foundMax = 12
let titles

async function search() {
  titles ??= fetch('/help/titles.json').then((response) => {
    if (!response.ok) throw new Error(`The titles could not be read: ${response.status}`)
    return response.json()
  })
  try {
    show(await titles)
  } catch {
    titles = undefined
    count.textContent = form.dataset.failed
    count.classList.remove('visually-hidden')
  }
}

function show(all) {
  count.classList.add('visually-hidden')
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
  found.hidden = words.length === 0
  if (words.length === 0) {
    count.textContent = ''
    return
  }
  const matches = all.filter(({ title, page }) => {
    const text = `${title} ${page ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  // Pages before headings; both in the order of the navigation.
  matches.sort((one, other) => Number(one.page !== null) - Number(other.page !== null))
  found.replaceChildren(...matches.slice(0, foundMax).map(item))
  count.textContent = matches.length === 0 ? form.dataset.none : form.dataset.found.replace('{{count}}', matches.length)
  if (matches.length === 0) count.classList.remove('visually-hidden')
}

function item({ title, page, address }) {
  const link = document.createElement('a')
  link.href = address
  link.textContent = title
  const entry = document.createElement('li')
  entry.append(link)
  if (page !== null) {
    const where = document.createElement('small')
    where.textContent = page
    entry.append(where)
  }
  return entry
}

form.hidden = false
input.addEventListener('input', search)
form.addEventListener('submit', (event) => {
  event.preventDefault()
  found.querySelector('a')?.click()
})
