import { CircleAlert, CircleCheck, CirclePause, Clock, RefreshCw, type LucideIcon } from 'lucide-react'
import type { Tone } from '../../ui/badge'
import type { MailFolder, Mailbox } from '../../api/types'

type Look = { label: string; tone: Tone; icon: LucideIcon }

/** The state of a mailbox in a word, with its colour and sign. */
export function lookOf(m: Mailbox): Look {
  switch (m.state) {
    case 'live':
      return m.backlog ? { label: 'Catching up', tone: 'accent', icon: RefreshCw } : { label: 'Live', tone: 'good', icon: CircleCheck }
    case 'syncing':
      return { label: m.backlog ? 'Catching up' : 'Reading', tone: 'accent', icon: RefreshCw }
    case 'connecting':
      return { label: 'Connecting', tone: 'neutral', icon: RefreshCw }
    case 'waiting':
      return { label: 'Waiting', tone: 'warn', icon: Clock }
    case 'paused':
      return m.trouble ? { label: 'Stopped', tone: 'bad', icon: CircleAlert } : { label: 'Paused', tone: 'neutral', icon: CirclePause }
  }
}

export const authWords: Record<Mailbox['auth'], string> = { password: 'Password', google: 'Google', microsoft: 'Microsoft' }

export const kindWords: Record<MailFolder['kind'], string> = { inbox: 'Inbox', sent: 'Sent', drafts: 'Drafts', trash: 'Trash', junk: 'Junk', archive: 'Archive', all: 'All mail', other: '' }

/** What the way back from a provider said, by the code of the problem. */
const problems: Record<string, string> = {
  oauth_state: 'The way back from the provider was not good any more: it works once, for ten minutes, in the session that began it. Nothing was connected.',
  oauth_denied: 'Access was declined at the provider. Nothing was connected.',
  oauth_refused: 'The provider refused. Nothing was connected.',
  oauth_misconfigured: 'The provider does not accept the client id or secret of this installation. Compare them, and the redirect address, with its console.',
  oauth_incomplete: 'The provider granted less than mail needs. Try again and leave every box ticked.',
  oauth_unavailable: 'The provider does not answer for now. Nothing was connected; try again in a minute.',
  oauth_not_configured: 'This provider is not set up in this installation.',
  unauthenticated: 'The browser came back without its session. Open Rapport at the same address as the redirect address, and try again.',
  forbidden: 'You may not connect accounts any more. Nothing was connected.',
}

export function problemWords(code: string, reason?: string): string {
  return (problems[code] ?? 'The account was not connected.') + (reason ? ` It said: ${reason}.` : '')
}

/** A day without its time, as people write it. */
export function dayWords(at: string): string {
  return new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
}
