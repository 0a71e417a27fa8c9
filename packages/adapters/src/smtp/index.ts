export { createMailer, type Mail, type Mailer, type MailOutcome } from './mailer.ts'
export { type DeliveryReport, readDeliveryReport } from './read-delivery-report.ts'
