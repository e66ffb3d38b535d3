import { AlarmClock, Check, Hourglass, Mail, UserPlus, X } from 'lucide-react'
import type { ThreadRow } from '../api/types'
import { IconButton, TextButton } from '../ui/button'
import { SelectionBar } from '../ui/mailbox'
import type { ThreadActions } from './actions'

/** What can be done with all chosen conversations at once. */
export function ChosenBar({ rows, actions, all, onAll, onClear }: { rows: ThreadRow[]; actions: ThreadActions; all: number; onAll: () => void; onClear: () => void }) {
  return (
    <SelectionBar
      words={`${rows.length.toLocaleString()} chosen`}
      more={rows.length < all && <TextButton onClick={onAll}>all {all.toLocaleString()}</TextButton>}
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
