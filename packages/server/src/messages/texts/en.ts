import { places } from './places.ts'

export const en = {
  direction: 'ltr' as 'ltr' | 'rtl',
  greeting: (name: string | null) => (name === null ? 'Hello,' : `Hello ${name},`),
  when: 'When',
  doctor: 'Doctor',
  visitType: 'Appointment',
  where: 'Where',
  place: (clinic: string, address: string) => `${clinic}, ${address}`,
  byVideo: 'By video. The link is on your ticket.',
  howMany: 'How many',
  places: places.en,
  phone: 'Phone',
  reference: 'Reference',
  reason: 'Reason',
  openTicket: 'Open your ticket',
  privateLink: 'Keep the link to your ticket private: anyone who has it can view and cancel the appointment.',
  onTicket: 'You can move or cancel the appointment on your ticket.',
  onTicketOfVisit: 'You can cancel the appointment on your ticket.',
  preparation: (text: string) => `Before the appointment: ${text}`,
  questions: (clinic: string, phone: string) => `Questions? Call ${clinic}: ${phone}`,
  offered: {
    subject: (when: string) => `A time has become free for you: ${when}`,
    heading: 'A time has become free for you',
    text: 'You are on the waitlist, and this time is held for you. Accept it in time, or it goes to the next person.',
    until: 'Held until',
    action: 'See the offer',
    leave: 'Leave the waitlist',
    privateLink: 'Keep the link to the offer private: anyone who has it can accept or decline the time.',
  },
  offerWithdrawn: {
    subject: (when: string) => `The time held for you is no longer available: ${when}`,
    heading: 'This time is no longer available',
    text: (clinic: string) =>
      `${clinic} had to withdraw the time that was held for you. We are sorry. You keep your position on the ` +
      'waitlist, and are offered the next time that suits you.',
  },
  unanswered: {
    subject: (clinic: string) => `You are no longer on the waitlist of ${clinic}`,
    heading: 'You are no longer on the waitlist',
    text: (clinic: string) =>
      `Several times at ${clinic} were held for you, and you did not answer the offers in time. So you get no more ` +
      'offers. If you still need an appointment, join the waitlist again.',
    lastOffer: 'This was the last offer:',
    action: 'Join the waitlist again',
  },
  confirm: {
    subject: (when: string) => `Please confirm your appointment on ${when}`,
    heading: 'Please confirm your appointment',
    text: 'The time is held for you. Open the link and press the button there, and the appointment is yours.',
    until: 'Held until',
    action: 'Confirm the appointment',
    ignore: 'If you did not book this, ignore this e-mail: the time will be free again by itself.',
  },
  confirmRequest: {
    subject: (when: string) => `Please send your request for ${when}`,
    heading: 'Please send your request',
    text:
      'The time is held for you, and it is not an appointment yet: the clinic has to agree to it. Open the link and ' +
      'press the button there, and your request is sent.',
    action: 'Ask for the appointment',
    ignore: 'If you did not ask for this, ignore this e-mail: the time will be free again by itself.',
  },
  requested: {
    subject: (when: string) => `Your request for ${when}`,
    heading: 'Your request was sent',
    text: (clinic: string) =>
      `${clinic} answers it, and you get another e-mail then. Until then, the time is held for you, and it is not an ` +
      'appointment yet.',
    notHeld: (clinic: string) =>
      `${clinic} answers it, and you get another e-mail then. It is not an appointment yet, and the time is not held ` +
      'for you: others may ask for it, too.',
    until: 'Answer until',
    action: 'See your request',
  },
  declined: {
    subject: (when: string) => `Your request for ${when} was declined`,
    heading: 'Your request was declined',
    text: (clinic: string) => `${clinic} cannot offer you this appointment. We are sorry. Please choose another time.`,
  },
  timeTaken: {
    subject: (when: string) => `The time of your request for ${when} is gone`,
    heading: 'This time is gone',
    text: (clinic: string) =>
      `${clinic} has given the time that you asked for to somebody else. We are sorry. You have no appointment. ` +
      'Please choose another time.',
  },
  requestWithdrawn: {
    subject: (when: string) => `Your request for ${when} was withdrawn`,
    heading: 'Your request was withdrawn',
    text: (clinic: string) => `Your request to ${clinic} was withdrawn, as you wished.`,
  },
  requestLapsed: {
    subject: (when: string) => `Your request for ${when} was not answered`,
    heading: 'Your request was not answered',
    text: (clinic: string) =>
      `${clinic} has not answered in time. We are sorry. You have no appointment. Please choose another time, or ` +
      'call the clinic.',
  },
  confirmed: {
    subject: (when: string) => `Your appointment on ${when} is confirmed`,
    heading: 'Your appointment is confirmed',
    text: (doctor: string) => `You have an appointment with ${doctor}.`,
  },
  moved: {
    subject: (when: string) => `Your appointment was moved to ${when}`,
    heading: 'Your appointment was moved',
    text: 'This is the new time. The earlier one is void.',
  },
  cancelled: {
    subject: (when: string) => `Your appointment on ${when} is cancelled`,
    heading: 'Your appointment is cancelled',
    byPatient: 'Your appointment was cancelled at your request.',
    byClinic: (clinic: string) => `${clinic} has cancelled your appointment. We are sorry.`,
    bookAgain: 'Book another time',
  },
  series: {
    visit: (number: number, of: number) => `Appointment ${number} of ${of}`,
    left: 'You still have',
    sms: 'more: see the ticket',
    confirmed: {
      subject: (when: string) => `Your appointments from ${when} on are confirmed`,
      heading: 'Your appointments are confirmed',
      text: (doctor: string) => `You have several appointments with ${doctor}. This is the first, and all are below.`,
    },
    moved: {
      subject: (when: string) => `Your appointments were moved: ${when} and others`,
      heading: 'Your appointments were moved',
      text: 'This is one of the new times. All your appointments are below; earlier times are void.',
    },
    cancelled: {
      label: 'Cancelled',
      subject: (when: string) => `Your appointments from ${when} on are cancelled`,
      heading: 'Your appointments are cancelled',
      byPatient: 'Your appointments were cancelled at your request.',
      byClinic: (clinic: string) => `${clinic} has cancelled your appointments. We are sorry.`,
    },
  },
  withdrawn: {
    subject: (when: string) => `Your appointment on ${when} cannot take place`,
    heading: 'Your appointment cannot take place',
    text: (clinic: string) => `${clinic} had to withdraw this time. We are sorry. Please choose another.`,
    alternatives: 'These times are free at the moment:',
    bookOther: 'Choose another time',
    book: (when: string, doctor: string) => `${when}, ${doctor}`,
  },
  reminder: {
    subject: (when: string) => `Reminder: your appointment on ${when}`,
    heading: 'Your appointment is coming up',
    text: (doctor: string) =>
      `You have an appointment with ${doctor}. Please tell us whether you are coming. If you cannot come, ` +
      'please cancel, so that somebody else can have the time.',
    confirmedText: (doctor: string) =>
      `You have an appointment with ${doctor}, and you have told us that you are coming. If you cannot come after ` +
      'all, please cancel, so that somebody else can have the time.',
    attend: 'I am coming',
    cancel: 'Cancel the appointment',
    off: 'No more reminders from this clinic',
  },
  entryLink: {
    joined: {
      subject: (clinic: string) => `You are on the waitlist of ${clinic}`,
      heading: 'You are on the waitlist',
      text:
        'When a time that suits you becomes free, it is held for you for a short time, and you get an e-mail. ' +
        'Accept it in time, or it goes to the next person. As long as you can book a time that suits you, nothing is ' +
        'held. The page of your entry says so, and shows your position on the waitlist.',
      ignore: 'If you did not join, leave the waitlist by its link, and you get no offers.',
    },
    requested: {
      subject: (clinic: string) => `Your entry on the waitlist of ${clinic}`,
      heading: 'The way back to your waitlist entry',
      text: 'Somebody entered this e-mail address, and asked for the link to your entry.',
      subjectOfAll: (clinic: string) => `Your entries on the waitlist of ${clinic}`,
      headingOfAll: 'The way back to your waitlist entries',
      textOfAll: 'Somebody entered this e-mail address, and asked for the links to your entries.',
      ignore: 'If that was not you, ignore this e-mail: nobody else got the link.',
    },
    action: 'Open your entry',
    privateLink: 'Keep the link to your entry private: anyone who has it can accept or decline times for you.',
  },
  entryEnded: {
    removed: {
      subject: (clinic: string) => `${clinic} has taken you off the waitlist`,
      heading: 'You are no longer on the waitlist',
      text: (clinic: string) =>
        `${clinic} has taken you off the waitlist, and you get no more offers. If that is wrong, please call.`,
    },
    expired: {
      subject: (clinic: string) => `Nothing became free: the waitlist of ${clinic}`,
      heading: 'Your time on the waitlist is over',
      text: (clinic: string) =>
        `The last day that you waited for at ${clinic} is past, and no time was accepted. You get no more offers. ` +
        'If you still need an appointment, join the waitlist again.',
    },
  },
  ticketLink: {
    subject: (when: string) => `Your ticket for ${when}`,
    heading: 'The way back to your ticket',
    text: 'Somebody entered the reference and the day of your appointment, and asked for the link to your ticket.',
    ignore: 'If that was not you, ignore this e-mail: nobody else got the link.',
  },
  passwordReset: {
    subject: (site: string) => `Choose a new password for ${site}`,
    heading: 'Choose a new password',
    text: (hours: number) =>
      `Somebody asked for a new password for your account. The link works once, for ${hours} hours.`,
    action: 'Choose a new password',
    ignore: 'If that was not you, ignore this e-mail: your password stays as it is.',
  },
  confirmEmail: {
    subject: (site: string) => `Confirm your e-mail address for ${site}`,
    heading: 'Confirm your e-mail address',
    text: (site: string, hours: number) =>
      `This address was given for an account at ${site}. The link works once, for ${hours} hours.`,
    changeText: (site: string, hours: number) =>
      `An account at ${site} wants to use this address from now on. The link works once, for ${hours} hours.`,
    signIn: 'Open the link, sign in if you are not signed in there, and press the button.',
    action: 'Confirm the address',
    ignore: 'If that was not you, ignore this e-mail: without the button, nothing happens.',
  },
  emailChanged: {
    subject: (site: string) => `Your account at ${site} has another e-mail address`,
    heading: 'The e-mail address of your account was changed',
    text: (site: string) => `An account at ${site} that had this address now has another one.`,
    undoText: (hours: number) =>
      `If that was you, there is nothing to do. If not, open the link within ${hours} hours: the account gets this ` +
      'address back and is signed out everywhere. Then choose a new password.',
    undoAction: 'That was not me',
    earlierAddress:
      'If that was you, there is nothing to do. If not, the address that the account had before this one takes it ' +
      'back: the e-mail that went there has the link.',
    nothing: 'There is nothing to do. You will get no more e-mails about this account.',
  },
  addressInUse: {
    subject: (site: string) => `You already have an account at ${site}`,
    heading: 'You already have an account',
    text: (site: string) => `Somebody tried to create an account at ${site} with this address, which has one.`,
    ifYou: 'If that was you, sign in. If you have forgotten your password, you can choose a new one there.',
    ifNotYou: 'If that was not you, there is nothing to do: nobody has access to your account.',
    action: 'Sign in',
  },
  accountChanged: {
    password: {
      subject: (site: string) => `The password of your account at ${site} was changed`,
      heading: 'Your password was changed',
      text: (site: string) => `The password of your account at ${site} was changed.`,
    },
    app: {
      subject: (site: string) => `New authenticator app for your account at ${site}`,
      heading: 'New authenticator app',
      text: (site: string) =>
        `An authenticator app was set up for your account at ${site}. The password alone does not sign in any more.`,
    },
    passkey: {
      subject: (site: string) => `New passkey for your account at ${site}`,
      heading: 'New passkey',
      text: (site: string) => `A passkey was added to your account at ${site}. It signs in without the password.`,
    },
    app_removed: {
      subject: (site: string) => `Authenticator app removed from your account at ${site}`,
      heading: 'Authenticator app removed',
      text: (site: string) => `The authenticator app of your account at ${site} and its recovery codes were removed.`,
    },
    passkey_removed: {
      subject: (site: string) => `Passkey removed from your account at ${site}`,
      heading: 'Passkey removed',
      text: (site: string) => `A passkey of your account at ${site} was removed. It does not sign in any more.`,
    },
    recovery_codes: {
      subject: (site: string) => `New recovery codes for your account at ${site}`,
      heading: 'New recovery codes',
      text: (site: string) =>
        `New recovery codes were created for your account at ${site}. The earlier ones do not work any more.`,
    },
    removable: (hours: number) =>
      `In the ${hours} hours after the addition, a new password that you choose by that link removes it again.`,
    factorsRemoved:
      'The authenticator app and the passkeys that were added in the last three days were removed. If they were ' +
      'yours, set them up again.',
    ifNotYou:
      'If that was not you, choose a new password: you get a link by e-mail. Everybody else is signed out then.',
    action: 'Choose a new password',
  },
  newSignIn: {
    subject: (site: string) => `New sign-in to your account at ${site}`,
    heading: 'New sign-in to your account',
    text: (site: string) => `Somebody signed in to your account at ${site}, in a browser where it was not used before.`,
    browserLabel: 'Browser',
    unknown: 'Not known',
    ifNotYou: 'If that was not you, sign out there, and choose a new password.',
    action: 'See where you are signed in',
  },
  webhookPaused: {
    subject: (host: string) => `The webhook to ${host} was paused`,
    heading: 'A webhook was paused',
    failing: (host: string) => `For three days, ${host} has accepted no event of your clinic.`,
    gone: (host: string) => `${host} has responded that its address no longer exists.`,
    next: 'No events are sent until an administrator resumes it. What was missed can be sent again by a replay.',
    action: 'See the webhooks',
  },
  busyCalendarFailing: {
    subject: 'Your external calendar cannot be read',
    heading: 'Your external calendar cannot be read',
    text: (since: string) => `Its busy times have not been read since ${since}.`,
    reasons: {
      url_lost: 'Its address can no longer be decrypted. Enter it again.',
      refused: 'This server may not request its address, or the one that it redirects to. Enter a public address.',
      unreachable: 'Its server cannot be reached.',
      status: 'Its server responds with an error. Perhaps the address has changed.',
      invalid: 'Its server did not send a calendar.',
      too_large: 'It has too many events.',
    },
    next: 'Until it can be read again, the times that were busy then stay blocked, and new ones can be booked.',
    action: 'See the calendar',
  },
  busyCalendarEmptied: {
    subject: 'Your external calendar has become empty',
    heading: 'Your external calendar has become empty',
    text: (since: string) =>
      `It was read twice, and has no more busy times to come. What they blocked can be booked since ${since}.`,
    next: 'Is that a mistake? Check the calendar and its address. Bookings stay as they are.',
    action: 'See the calendar',
  },
  invitation: {
    subject: (clinic: string) => `${clinic} invites you`,
    heading: (clinic: string) => `${clinic} invites you`,
    text: (role: string, hours: number) =>
      `You are invited to work with Holdfast. Your role: ${role}. The link works once, for ${hours} hours.`,
    action: 'Accept the invitation',
    ignore: 'If you did not expect this, ignore this e-mail, and do not pass it on.',
    roles: { doctor: 'doctor', staff: 'staff', admin: 'administrator' },
  },
}

export type MailTexts = typeof en
