import { ListPlus } from 'lucide-react'
import { useSession } from '../shell/session'
import { IconButton } from '../ui/button'
import { useTaskFromMessage } from './queries'

/** The button that makes a task of a message. The inbox binds the key T to the same, for the latest message. */
export function TaskFromMessage({ message }: { message: string }) {
  const { canWrite } = useSession()
  const make = useTaskFromMessage()
  return canWrite && <IconButton icon={ListPlus} label="Make a task (T)" busy={make.isPending} onClick={() => make.mutate(message)} />
}
