import { AlarmClock, Check, Hourglass, Mail, UserPlus, X } from 'lucide-react'
import type { ThreadRow } from '../api/types'
import { IconButton, TextButton } from '../ui/button'
import { SelectionBar } from '../ui/mailbox'
import type { ThreadActions } from './actions'

type BarProps = {
  rows: ThreadRow[]
  /** How many are chosen, more than have been read where all that match are. */
  count: number
  actions: ThreadActions
  all: number
  onAll: () => void
  onMatching?: () => void
  onClear: () => void
}

/** What can be done with all chosen conversations at once. */
export function ChosenBar({ rows, count, actions, all, onAll, onMatching, onClear }: BarProps) {
  return (
    <SelectionBar
      words={`${count.toLocaleString()} chosen`}
      more={rows.length < all ? <TextButton onClick={onAll}>all {all.toLocaleString()}</TextButton> : onMatching && <TextButton onClick={onMatching}>all that match</TextButton>}
    >
      <IconButton icon={Check} label="Done (E)" onClick={actions.toggleDone} />
      <IconButton icon={AlarmClock} label="Snooze (S)" onClick={actions.askSnooze} />
      <IconButton icon={Hourglass} label="Waiting for them (W)" onClick={actions.wait} />
      <IconButton icon={UserPlus} label="Assign (A)" onClick={actions.askAssign} />
      <IconButton icon={Mail} label="Mark unread or read (U)" onClick={actions.toggleUnread} />
      <IconButton icon={X} label="Drop the choice (Esc)" onClick={onClear} />
    </SelectionBar>
  )
}
