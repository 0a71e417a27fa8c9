import type { MailTexts } from './en.ts'
import { places } from './places.ts'

export const de: MailTexts = {
  direction: 'ltr',
  greeting: (name) => (name === null ? 'Guten Tag,' : `Guten Tag ${name},`),
  when: 'Wann',
  doctor: 'Ärztin oder Arzt',
  visitType: 'Terminart',
  where: 'Wo',
  place: (clinic, address) => `${clinic}, ${address}`,
  byVideo: 'Per Video. Der Link steht auf Ihrem Ticket.',
  howMany: 'Anzahl',
  places: places.de,
  phone: 'Telefon',
  reference: 'Buchungsnummer',
  reason: 'Grund',
  openTicket: 'Ticket öffnen',
  privateLink: 'Behalten Sie den Link zu Ihrem Ticket für sich: Wer ihn hat, kann den Termin sehen und absagen.',
  onTicket: 'Auf dem Ticket können Sie den Termin verschieben oder absagen.',
  onTicketOfVisit: 'Auf dem Ticket können Sie den Termin absagen.',
  preparation: (text) => `Vor dem Termin: ${text}`,
  questions: (clinic, phone) => `Fragen? Rufen Sie ${clinic} an: ${phone}`,
  offered: {
    subject: (when) => `Ein Termin ist für Sie frei geworden: ${when}`,
    heading: 'Ein Termin ist für Sie frei geworden',
    text:
      'Sie stehen auf der Warteliste, und dieser Termin ist für Sie reserviert. Nehmen Sie ihn rechtzeitig an, sonst ' +
      'bekommt ihn die nächste Person.',
    until: 'Reserviert bis',
    action: 'Angebot ansehen',
    leave: 'Warteliste verlassen',
    privateLink: 'Behalten Sie den Link zum Angebot für sich: Wer ihn hat, kann den Termin annehmen oder ablehnen.',
  },
  offerWithdrawn: {
    subject: (when) => `Der für Sie reservierte Termin ist nicht mehr verfügbar: ${when}`,
    heading: 'Dieser Termin ist nicht mehr verfügbar',
    text: (clinic) =>
      `${clinic} musste den Termin zurückziehen, der für Sie reserviert war. Das tut uns leid. Sie behalten Ihre ` +
      'Position auf der Warteliste und bekommen die nächste passende Zeit angeboten.',
  },
  unanswered: {
    subject: (clinic) => `Sie stehen nicht mehr auf der Warteliste: ${clinic}`,
    heading: 'Sie stehen nicht mehr auf der Warteliste',
    text: (clinic) =>
      `Bei ${clinic} waren mehrere Termine für Sie reserviert, und Sie haben auf die Angebote nicht rechtzeitig ` +
      'geantwortet. Deshalb bekommen Sie keine weiteren Angebote. Wenn Sie noch einen Termin brauchen, tragen Sie ' +
      'sich wieder in die Warteliste ein.',
    lastOffer: 'Das war das letzte Angebot:',
    action: 'Wieder auf die Warteliste',
  },
  confirm: {
    subject: (when) => `Bitte bestätigen Sie Ihren Termin am ${when}`,
    heading: 'Bitte bestätigen Sie Ihren Termin',
    text: 'Die Zeit ist für Sie reserviert. Der Termin gilt, wenn Sie den Link öffnen und dort auf den Knopf drücken.',
    until: 'Reserviert bis',
    action: 'Termin bestätigen',
    ignore: 'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Die Zeit wird von selbst wieder frei.',
  },
  confirmRequest: {
    subject: (when) => `Bitte senden Sie Ihre Anfrage für ${when}`,
    heading: 'Bitte senden Sie Ihre Anfrage',
    text:
      'Die Zeit ist für Sie reserviert. Sie haben noch keinen Termin: Die Praxis muss ihm zustimmen. Die Anfrage ' +
      'wird gesendet, wenn Sie den Link öffnen und dort auf den Knopf drücken.',
    action: 'Termin anfragen',
    ignore: 'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Die Zeit wird von selbst wieder frei.',
  },
  requested: {
    subject: (when) => `Ihre Anfrage für ${when}`,
    heading: 'Ihre Anfrage ist gesendet',
    text: (clinic) =>
      `${clinic} beantwortet sie; dann bekommen Sie eine weitere E-Mail. Bis dahin ist die Zeit für Sie reserviert. ` +
      'Sie haben noch keinen Termin.',
    notHeld: (clinic) =>
      `${clinic} beantwortet sie; dann bekommen Sie eine weitere E-Mail. Sie haben noch keinen Termin, und die Zeit ` +
      'ist nicht für Sie reserviert: Auch andere können sie anfragen.',
    until: 'Antwort bis',
    action: 'Anfrage ansehen',
  },
  declined: {
    subject: (when) => `Ihre Anfrage für ${when} wurde abgelehnt`,
    heading: 'Ihre Anfrage wurde abgelehnt',
    text: (clinic) =>
      `${clinic} kann Ihnen diesen Termin nicht anbieten. Das tut uns leid. Bitte wählen Sie eine andere Zeit.`,
  },
  timeTaken: {
    subject: (when) => `Die Zeit Ihrer Anfrage für ${when} ist vergeben`,
    heading: 'Diese Zeit ist vergeben',
    text: (clinic) =>
      `${clinic} hat die Zeit, die Sie angefragt haben, an jemand anderen vergeben. Das tut uns leid. Sie haben ` +
      'keinen Termin. Bitte wählen Sie eine andere Zeit.',
  },
  requestWithdrawn: {
    subject: (when) => `Ihre Anfrage für ${when} ist zurückgezogen`,
    heading: 'Ihre Anfrage ist zurückgezogen',
    text: (clinic) => `Ihre Anfrage an ${clinic} wurde auf Ihren Wunsch zurückgezogen.`,
  },
  requestLapsed: {
    subject: (when) => `Ihre Anfrage für ${when} wurde nicht beantwortet`,
    heading: 'Ihre Anfrage wurde nicht beantwortet',
    text: (clinic) =>
      `${clinic} hat nicht rechtzeitig geantwortet. Sie haben keinen Termin. Das tut uns leid. Bitte wählen Sie eine ` +
      'andere Zeit, oder rufen Sie an.',
  },
  confirmed: {
    subject: (when) => `Ihr Termin am ${when} ist bestätigt`,
    heading: 'Ihr Termin ist bestätigt',
    text: (doctor) => `${doctor} erwartet Sie.`,
  },
  moved: {
    subject: (when) => `Ihr Termin wurde verschoben auf ${when}`,
    heading: 'Ihr Termin wurde verschoben',
    text: 'Dies ist die neue Zeit. Die frühere gilt nicht mehr.',
  },
  cancelled: {
    subject: (when) => `Ihr Termin am ${when} ist abgesagt`,
    heading: 'Ihr Termin ist abgesagt',
    byPatient: 'Wie gewünscht wurde Ihr Termin abgesagt.',
    byClinic: (clinic) => `${clinic} hat Ihren Termin abgesagt. Das tut uns leid.`,
    bookAgain: 'Anderen Termin buchen',
  },
  series: {
    visit: (number, of) => `Termin ${number} von ${of}`,
    left: 'Sie haben noch',
    sms: 'weitere: siehe Ticket',
    confirmed: {
      subject: (when) => `Ihre Termine sind bestätigt: ${when} und weitere`,
      heading: 'Ihre Termine sind bestätigt',
      text: (doctor) => `Sie haben mehrere Termine bei ${doctor}. Dies ist der erste, alle stehen unten.`,
    },
    moved: {
      subject: (when) => `Ihre Termine wurden verschoben: ${when} und weitere`,
      heading: 'Ihre Termine wurden verschoben',
      text: 'Dies ist eine der neuen Zeiten. Alle Ihre Termine stehen unten; frühere Zeiten gelten nicht mehr.',
    },
    cancelled: {
      label: 'Abgesagt',
      subject: (when) => `Ihre Termine sind abgesagt: ${when} und weitere`,
      heading: 'Ihre Termine sind abgesagt',
      byPatient: 'Wie gewünscht wurden Ihre Termine abgesagt.',
      byClinic: (clinic) => `${clinic} hat Ihre Termine abgesagt. Das tut uns leid.`,
    },
  },
  withdrawn: {
    subject: (when) => `Ihr Termin am ${when} kann nicht stattfinden`,
    heading: 'Ihr Termin kann nicht stattfinden',
    text: (clinic) => `${clinic} musste diese Zeit zurückziehen. Das tut uns leid. Bitte wählen Sie eine andere.`,
    alternatives: 'Diese Zeiten sind im Moment frei:',
    bookOther: 'Andere Zeit wählen',
    book: (when, doctor) => `${when}, ${doctor}`,
  },
  reminder: {
    subject: (when) => `Erinnerung: Ihr Termin am ${when}`,
    heading: 'Ihr Termin steht bevor',
    text: (doctor) =>
      `${doctor} erwartet Sie. Bitte sagen Sie uns, ob Sie kommen. Wenn es nicht geht, sagen Sie ab, damit jemand ` +
      'anderes kommen kann.',
    confirmedText: (doctor) =>
      `${doctor} erwartet Sie, und Sie haben zugesagt. Wenn Sie doch nicht kommen können, sagen Sie bitte ab, damit ` +
      'jemand anderes kommen kann.',
    attend: 'Ich komme',
    cancel: 'Termin absagen',
    off: 'Keine Erinnerungen dieser Praxis mehr',
  },
  entryLink: {
    joined: {
      subject: (clinic) => `Sie stehen auf der Warteliste: ${clinic}`,
      heading: 'Sie stehen auf der Warteliste',
      text:
        'Wird ein passender Termin frei, ist er kurze Zeit für Sie reserviert, und Sie bekommen eine E-Mail. Nehmen ' +
        'Sie ihn rechtzeitig an, sonst bekommt ihn die nächste Person. Solange Sie einen passenden Termin buchen ' +
        'können, wird nichts reserviert. Die Seite Ihres Eintrags sagt das und zeigt Ihre Position auf der Warteliste.',
      ignore:
        'Wenn Sie sich nicht eingetragen haben, verlassen Sie die Warteliste über den Link: Dann kommt nichts mehr.',
    },
    requested: {
      subject: (clinic) => `Ihr Eintrag auf der Warteliste: ${clinic}`,
      heading: 'Der Weg zurück zu Ihrem Eintrag',
      text: 'Jemand hat diese E-Mail-Adresse eingegeben und den Link zu Ihrem Eintrag auf der Warteliste angefordert.',
      subjectOfAll: (clinic) => `Ihre Einträge auf der Warteliste: ${clinic}`,
      headingOfAll: 'Der Weg zurück zu Ihren Einträgen',
      textOfAll:
        'Jemand hat diese E-Mail-Adresse eingegeben und die Links zu Ihren Einträgen auf der Warteliste angefordert.',
      ignore: 'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Niemand sonst hat den Link bekommen.',
    },
    action: 'Eintrag öffnen',
    privateLink:
      'Behalten Sie den Link zu Ihrem Eintrag für sich: Wer ihn hat, kann Termine für Sie annehmen oder ablehnen.',
  },
  entryEnded: {
    removed: {
      subject: (clinic) => `Sie stehen nicht mehr auf der Warteliste: ${clinic}`,
      heading: 'Sie stehen nicht mehr auf der Warteliste',
      text: (clinic) =>
        `${clinic} hat Ihren Eintrag von der Warteliste entfernt, und Sie bekommen keine Angebote mehr. Falls das ` +
        'falsch ist, rufen Sie bitte an.',
    },
    expired: {
      subject: (clinic) => `Kein Termin gefunden: Warteliste von ${clinic}`,
      heading: 'Ihr Eintrag auf der Warteliste ist abgelaufen',
      text: (clinic) =>
        `Der letzte gewünschte Tag bei ${clinic} ist vorbei, und kein Termin kam zustande. Sie bekommen keine ` +
        'Angebote mehr. Wenn Sie noch einen Termin brauchen, tragen Sie sich wieder ein.',
    },
  },
  ticketLink: {
    subject: (when) => `Ihr Ticket für ${when}`,
    heading: 'Der Weg zurück zu Ihrem Ticket',
    text: 'Jemand hat Buchungsnummer und Tag Ihres Termins eingegeben und den Link zum Ticket angefordert.',
    ignore: 'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Niemand sonst hat den Link bekommen.',
  },
  passwordReset: {
    subject: (site) => `Neues Passwort für ${site} wählen`,
    heading: 'Neues Passwort wählen',
    text: (hours) =>
      `Jemand hat um ein neues Passwort für Ihr Konto gebeten. Der Link funktioniert einmal, ${hours} Stunden lang.`,
    action: 'Neues Passwort wählen',
    ignore: 'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Ihr Passwort bleibt, wie es ist.',
  },
  confirmEmail: {
    subject: (site) => `E-Mail-Adresse für ${site} bestätigen`,
    heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
    text: (site, hours) =>
      `Diese Adresse wurde für ein Konto bei ${site} angegeben. Der Link funktioniert einmal, ${hours} Stunden lang.`,
    changeText: (site, hours) =>
      `Ein Konto bei ${site} soll künftig diese Adresse haben. Der Link funktioniert einmal, ${hours} Stunden lang.`,
    signIn: 'Öffnen Sie den Link, melden Sie sich dort an, falls nötig, und drücken Sie auf den Knopf.',
    action: 'Adresse bestätigen',
    ignore: 'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Ohne den Knopf geschieht nichts.',
  },
  emailChanged: {
    subject: (site) => `Ihr Konto bei ${site} hat eine andere E-Mail-Adresse`,
    heading: 'Die E-Mail-Adresse Ihres Kontos wurde geändert',
    text: (site) => `Ein Konto bei ${site}, das diese Adresse hatte, hat jetzt eine andere.`,
    undoText: (hours) =>
      `Wenn Sie das waren, ist nichts zu tun. Wenn nicht, öffnen Sie innerhalb von ${hours} Stunden den Link: Das ` +
      'Konto bekommt diese Adresse zurück und wird überall abgemeldet. Wählen Sie danach ein neues Passwort.',
    undoAction: 'Das war ich nicht',
    earlierAddress:
      'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, holt die Adresse davor das Konto zurück: Der Link steht in ' +
      'der E-Mail, die dorthin ging.',
    nothing: 'Es ist nichts zu tun. Sie bekommen keine weiteren E-Mails zu diesem Konto.',
  },
  addressInUse: {
    subject: (site) => `Sie haben schon ein Konto bei ${site}`,
    heading: 'Sie haben schon ein Konto',
    text: (site) => `Jemand wollte bei ${site} ein Konto mit dieser Adresse anlegen, zu der es schon eines gibt.`,
    ifYou: 'Wenn Sie das waren, melden Sie sich an. Ein vergessenes Passwort können Sie dort neu wählen.',
    ifNotYou: 'Wenn Sie das nicht waren, ist nichts zu tun: Niemand hat Zugang zu Ihrem Konto.',
    action: 'Anmelden',
  },
  accountChanged: {
    password: {
      subject: (site) => `Das Passwort Ihres Kontos bei ${site} wurde geändert`,
      heading: 'Ihr Passwort wurde geändert',
      text: (site) => `Das Passwort Ihres Kontos bei ${site} wurde geändert.`,
    },
    app: {
      subject: (site) => `Neue Authenticator-App für Ihr Konto bei ${site}`,
      heading: 'Neue Authenticator-App',
      text: (site) =>
        `Für Ihr Konto bei ${site} wurde eine Authenticator-App eingerichtet. Die Anmeldung mit dem Passwort braucht ` +
        'jetzt ihren Code.',
    },
    passkey: {
      subject: (site) => `Neuer Passkey für Ihr Konto bei ${site}`,
      heading: 'Neuer Passkey',
      text: (site) => `Zu Ihrem Konto bei ${site} kam ein Passkey hinzu. Er meldet ohne das Passwort an.`,
    },
    app_removed: {
      subject: (site) => `Authenticator-App aus Ihrem Konto bei ${site} entfernt`,
      heading: 'Authenticator-App entfernt',
      text: (site) =>
        `Die Authenticator-App Ihres Kontos bei ${site} und ihre Wiederherstellungscodes wurden entfernt.`,
    },
    passkey_removed: {
      subject: (site) => `Passkey aus Ihrem Konto bei ${site} entfernt`,
      heading: 'Passkey entfernt',
      text: (site) => `Ein Passkey Ihres Kontos bei ${site} wurde entfernt. Er meldet nicht mehr an.`,
    },
    recovery_codes: {
      subject: (site) => `Neue Wiederherstellungscodes für Ihr Konto bei ${site}`,
      heading: 'Neue Wiederherstellungscodes',
      text: (site) =>
        `Für Ihr Konto bei ${site} wurden neue Wiederherstellungscodes erstellt. Die früheren gelten nicht mehr.`,
    },
    removable: (hours) =>
      `In den ${hours} Stunden danach entfernt ein neues Passwort, das Sie mit diesem Link wählen, das wieder.`,
    factorsRemoved:
      'Die Authenticator-App und die Passkeys der letzten drei Tage wurden entfernt. Wenn es Ihre waren, richten Sie ' +
      'sie wieder ein.',
    ifNotYou:
      'Wenn Sie das nicht waren, wählen Sie ein neues Passwort: Den Link dazu bekommen Sie per E-Mail. Alle anderen ' +
      'werden dann abgemeldet.',
    action: 'Neues Passwort wählen',
  },
  newSignIn: {
    subject: (site) => `Neue Anmeldung in Ihrem Konto bei ${site}`,
    heading: 'Neue Anmeldung in Ihrem Konto',
    text: (site) => `Jemand hat sich in Ihrem Konto bei ${site} angemeldet, in einem Browser, in dem es neu ist.`,
    browserLabel: 'Browser',
    unknown: 'Unbekannt',
    ifNotYou: 'Wenn Sie das nicht waren, melden Sie es dort ab und wählen Sie ein neues Passwort.',
    action: 'Ansehen, wo Sie angemeldet sind',
  },
  webhookPaused: {
    subject: (host: string) => `Der Webhook zu ${host} wurde angehalten`,
    heading: 'Ein Webhook wurde angehalten',
    failing: (host: string) => `Seit drei Tagen hat ${host} kein Ereignis Ihrer Praxis angenommen.`,
    gone: (host: string) => `${host} hat geantwortet, dass die Adresse nicht mehr existiert.`,
    next:
      'Es werden keine Ereignisse gesendet, bis jemand aus der Verwaltung ihn fortsetzt. Was fehlt, lässt sich ' +
      'danach noch einmal senden.',
    action: 'Webhooks ansehen',
  },
  busyCalendarFailing: {
    subject: 'Ihr externer Kalender lässt sich nicht lesen',
    heading: 'Ihr externer Kalender lässt sich nicht lesen',
    text: (since) => `Seine belegten Zeiten wurden seit ${since} nicht mehr gelesen.`,
    reasons: {
      url_lost: 'Seine Adresse lässt sich nicht mehr entschlüsseln. Geben Sie sie erneut ein.',
      refused:
        'Dieser Server darf seine Adresse nicht abrufen, oder eine, an die sie weiterleitet. ' +
        'Geben Sie eine öffentliche Adresse ein.',
      unreachable: 'Sein Server ist nicht erreichbar.',
      status: 'Sein Server antwortet mit einem Fehler. Vielleicht hat sich die Adresse geändert.',
      invalid: 'Was sein Server sendet, ist kein Kalender.',
      too_large: 'Er hat zu viele Termine.',
    },
    next: 'Bis er sich wieder lesen lässt, bleiben die damals belegten Zeiten gesperrt, und neue sind buchbar.',
    action: 'Kalender ansehen',
  },
  busyCalendarEmptied: {
    subject: 'Ihr externer Kalender ist jetzt leer',
    heading: 'Ihr externer Kalender ist jetzt leer',
    text: (since) =>
      'Er wurde zweimal gelesen und enthält keine belegten Zeiten mehr, die bevorstehen. ' +
      `Was sie gesperrt haben, ist seit ${since} buchbar.`,
    next: 'Ist das ein Fehler? Prüfen Sie den Kalender und seine Adresse. Buchungen bleiben, wie sie sind.',
    action: 'Kalender ansehen',
  },
  invitation: {
    subject: (clinic) => `${clinic} lädt Sie ein`,
    heading: (clinic) => `${clinic} lädt Sie ein`,
    text: (role, hours) =>
      `Sie sind eingeladen, mit Holdfast zu arbeiten. Ihre Rolle: ${role}. Der Link funktioniert einmal, ` +
      `${hours} Stunden lang.`,
    action: 'Einladung annehmen',
    ignore: 'Wenn Sie das nicht erwartet haben, ignorieren Sie diese E-Mail und geben Sie sie nicht weiter.',
    roles: { doctor: 'Ärztin oder Arzt', staff: 'Praxisteam', admin: 'Administration' },
  },
}
