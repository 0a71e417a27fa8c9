/** The secret of a link that turns reminders off or leaves a waitlist: `<id>.hfu_<secret>`. */
export const unsubscribePattern = /^[0-9a-f-]{36}\.hfu_[\w-]{43}$/
