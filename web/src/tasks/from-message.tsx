import { ListPlus } from 'lucide-react'
import { useKeys } from '../shell/keys-provider'
import { useSession } from '../shell/session'
import { IconButton } from '../ui/button'
import { useTaskFromMessage } from './queries'

/** The button and the key T that make a task of a message. One of them stands in a conversation, for its latest message. */
export function TaskFromMessage({ message }: { message: string }) {
  const { canWrite } = useSession()
  const make = useTaskFromMessage()
  const run = () => {
    if (canWrite && !make.isPending) make.mutate(message)
  }
  useKeys([{ keys: 't', label: 'Make a task of the latest message', group: 'Conversation', run }])
  return canWrite && <IconButton icon={ListPlus} label="Make a task (T)" busy={make.isPending} onClick={run} />
}
