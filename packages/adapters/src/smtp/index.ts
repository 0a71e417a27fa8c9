export { createMailer, type Mail, type Mailer, type MailOutcome } from './mailer.ts'
export { type DeliveryReport, readDeliveryReport, reportLimits } from './read-delivery-report.ts'
