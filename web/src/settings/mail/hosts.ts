import type { MailProvider, MailServer } from '../../api/types'

/** What is known of a mail provider: its servers, and what it wants instead of the usual password. */
export type Host = { imap: MailServer; smtp: MailServer; note?: string; oauth?: MailProvider }

const tls = (host: string, port = 993): MailServer => ({ host, port, security: 'tls' })
const starttls = (host: string, port = 587): MailServer => ({ host, port, security: 'starttls' })
const appPassword = (where: string) => `Use an app password, not the one you sign in with. You make it at ${where}.`

const providers: { domains: string[]; host: Host }[] = [
  { domains: ['gmail.com', 'googlemail.com'], host: { imap: tls('imap.gmail.com'), smtp: tls('smtp.gmail.com', 465), oauth: 'google', note: appPassword('myaccount.google.com, Security, 2-Step Verification') } },
  { domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'], host: { imap: tls('outlook.office365.com'), smtp: starttls('smtp-mail.outlook.com'), oauth: 'microsoft', note: 'Microsoft takes no passwords here: connect with Microsoft instead.' } },
  { domains: ['icloud.com', 'me.com', 'mac.com'], host: { imap: tls('imap.mail.me.com'), smtp: starttls('smtp.mail.me.com'), note: appPassword('account.apple.com, Sign-In and Security') } },
  { domains: ['yahoo.com', 'ymail.com', 'yahoo.co.uk', 'yahoo.de', 'yahoo.fr'], host: { imap: tls('imap.mail.yahoo.com'), smtp: tls('smtp.mail.yahoo.com', 465), note: appPassword('login.yahoo.com, Security') } },
  { domains: ['aol.com'], host: { imap: tls('imap.aol.com'), smtp: tls('smtp.aol.com', 465), note: appPassword('login.aol.com, Security') } },
  { domains: ['fastmail.com', 'fastmail.fm'], host: { imap: tls('imap.fastmail.com'), smtp: tls('smtp.fastmail.com', 465), note: appPassword('Settings, Privacy & Security') } },
  { domains: ['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch'], host: { imap: tls('imap.gmx.net'), smtp: starttls('mail.gmx.net'), note: 'IMAP has to be switched on first, under E-Mail, Settings, POP3 & IMAP.' } },
  { domains: ['gmx.com'], host: { imap: tls('imap.gmx.com'), smtp: starttls('mail.gmx.com'), note: 'IMAP has to be switched on first, under Settings, POP3 & IMAP.' } },
  { domains: ['web.de'], host: { imap: tls('imap.web.de'), smtp: starttls('smtp.web.de'), note: 'IMAP has to be switched on first, under E-Mail, Settings, POP3 & IMAP.' } },
  { domains: ['t-online.de'], host: { imap: tls('secureimap.t-online.de'), smtp: tls('securesmtp.t-online.de', 465), note: 'Use the e-mail password, which is set in the customer centre.' } },
  { domains: ['mailbox.org'], host: { imap: tls('imap.mailbox.org'), smtp: starttls('smtp.mailbox.org') } },
  { domains: ['posteo.de', 'posteo.net'], host: { imap: tls('posteo.de'), smtp: tls('posteo.de', 465) } },
  { domains: ['zoho.com'], host: { imap: tls('imap.zoho.com'), smtp: tls('smtp.zoho.com', 465), note: 'IMAP has to be switched on first, under Mail settings, IMAP.' } },
  { domains: ['proton.me', 'protonmail.com', 'pm.me'], host: { imap: { host: '127.0.0.1', port: 1143, security: 'starttls' }, smtp: { host: '127.0.0.1', port: 1025, security: 'starttls' }, note: 'Proton needs its Bridge, running where Rapport runs. It shows the password to use.' } },
  { domains: ['orange.fr', 'wanadoo.fr'], host: { imap: tls('imap.orange.fr'), smtp: tls('smtp.orange.fr', 465) } },
  { domains: ['free.fr'], host: { imap: tls('imap.free.fr'), smtp: tls('smtp.free.fr', 465) } },
  { domains: ['libero.it'], host: { imap: tls('imapmail.libero.it'), smtp: tls('smtp.libero.it', 465) } },
  { domains: ['sapo.pt'], host: { imap: tls('imap.sapo.pt'), smtp: tls('smtp.sapo.pt', 465) } },
]

/** The servers of an address: those that are known, else the usual names in its domain. Nothing before there is a domain. */
export function hostOf(address: string): (Host & { known: boolean }) | undefined {
  const domain = address.trim().toLowerCase().split('@')[1] ?? ''
  if (!/^[^\s@]+\.[^\s@.]{2,}$/.test(domain)) return undefined
  const known = providers.find((p) => p.domains.includes(domain))
  if (known) return { ...known.host, known: true }
  return { imap: tls(`imap.${domain}`), smtp: starttls(`smtp.${domain}`), known: false }
}

/** The servers that belong to a grant. */
export function hostOfProvider(provider: MailProvider): Host {
  if (provider === 'google') return { imap: tls('imap.gmail.com'), smtp: tls('smtp.gmail.com', 465) }
  return { imap: tls('outlook.office365.com'), smtp: starttls('smtp.office365.com') }
}

/** The usual port of a service with this protection. */
export function usualPort(kind: 'imap' | 'smtp', security: MailServer['security']): number {
  if (kind === 'imap') return security === 'tls' ? 993 : 143
  return { tls: 465, starttls: 587, none: 25 }[security]
}
