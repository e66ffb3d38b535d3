import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { live, type LiveState } from '../api/live'
import css from './shell.module.css'

/** Keeps what is shown of a workspace up to date, as long as the frame stands. */
export function useLive(workspace: string): void {
  const client = useQueryClient()
  useEffect(() => live.start(workspace, client), [workspace, client])
}

const words: Record<LiveState, string> = { connecting: 'Connecting…', live: 'Live', reconnecting: 'Reconnecting…', offline: 'Offline', paused: 'Paused' }
const more: Record<LiveState, string> = {
  connecting: 'What others change will appear by itself in a moment.',
  live: 'What others change appears by itself.',
  reconnecting: 'The server does not answer. What you see may be out of date; it is caught up with by itself.',
  offline: 'This device has no network. What you see may be out of date; it is caught up with by itself.',
  paused: 'Nobody looks at this tab; it catches up when somebody does.',
}

/** A dot and a word on how fresh the page is. */
export function LiveMark() {
  const state = useSyncExternalStore(live.subscribe, live.state)
  return (
    <div className={css.live} data-state={state} title={more[state]} role="status" aria-live={state === 'live' || state === 'connecting' ? 'off' : 'polite'}>
      <i aria-hidden />
      <span>{words[state]}</span>
    </div>
  )
}

/** The same for a small screen, where it only speaks up when something is wrong. */
export function LiveStrip() {
  const state = useSyncExternalStore(live.subscribe, live.state)
  if (state !== 'reconnecting' && state !== 'offline') return null
  return (
    <div className={css.liveStrip} role="status">
      {words[state]} {state === 'offline' ? 'What you see may be out of date.' : ''}
    </div>
  )
}
