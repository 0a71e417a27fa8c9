export { sendSyslog } from './send-syslog.ts'
export { parseSyslogUrl, type SyslogServer } from './syslog-url.ts'
