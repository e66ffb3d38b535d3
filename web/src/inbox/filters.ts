import { useOwnerField } from '../record/list'
import type { FilterField } from '../record/filter'
import { useMembers } from '../shell/session'
import { words } from './words'

const intents = ['meeting_request', 'question', 'complaint', 'feature_request', 'pricing_inquiry', 'proposal', 'feedback', 'support_request', 'sales_inquiry', 'partnership', 'introduction', 'follow_up', 'information_sharing', 'general']
const choices = (values: string[]) => values.map((value) => ({ value, label: words(value) }))

/** What the list of conversations can be filtered by. */
export function useThreadFields(): FilterField[] {
  const assignee = useOwnerField(useMembers())
  return [
    { ...assignee, name: 'assignee_id', label: 'Assignee' },
    {
      name: 'unread',
      label: 'Unread',
      kind: 'flag',
      options: [
        { value: 'true', label: 'yes' },
        { value: 'false', label: 'no' },
      ],
    },
    { name: 'urgency', label: 'Urgency', kind: 'choice', options: choices(['critical', 'high', 'medium', 'low']) },
    { name: 'intent', label: 'Intent', kind: 'choice', options: choices(intents) },
    { name: 'sentiment', label: 'Mood', kind: 'choice', options: choices(['positive', 'neutral', 'negative']) },
    { name: 'due_at', label: 'Due', kind: 'date' },
    { name: 'last_message_at', label: 'Last message', kind: 'date' },
  ]
}
