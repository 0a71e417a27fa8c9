export type SmsValues = { to: string; text: string; from: string }

export type SmsBody = { contentType: string; content: string }

const placeholder = /\{(to|text|from)\}/g

/** Whether it names whom to send what, and is JSON if it looks like that. */
export function isSmsTemplate(template: string): boolean {
  if (!template.includes('{to}') || !template.includes('{text}')) return false
  if (!isJson(template)) return true
  try {
    JSON.parse(bodyOf(template, { to: '+4915112345678', text: 'a "text"\n', from: 'Clinic' }).content)
    return true
  } catch {
    return false
  }
}

/** The body of a request: JSON, or else a form. Values are escaped as their place needs. */
export function bodyOf(template: string, values: SmsValues): SmsBody {
  const json = isJson(template)
  const escaped = (value: string) => (json ? JSON.stringify(value).slice(1, -1) : encodeURIComponent(value))
  return {
    contentType: json ? 'application/json' : 'application/x-www-form-urlencoded',
    // One pass: a text with {from} in it stays as it is.
    content: template.replaceAll(placeholder, (_, name: keyof SmsValues) => escaped(values[name])),
  }
}

/** Forms begin with a name. `{to}` is none. */
function isJson(template: string): boolean {
  return /^\s*[[{](?!(to|text|from)\})/.test(template)
}
