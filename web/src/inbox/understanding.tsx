import { CalendarClock, CircleAlert, CircleSlash, Clock, Flame, Frown, Hourglass, MessageCircleQuestionMark, Smile, Tags, Target } from 'lucide-react'
import type { Evidence, Intelligence, Message, Triage } from '../api/types'
import { Badge } from '../ui/badge'
import { EngineMark, FoundItem, ItemGroup, ItemGroups, Marks, Understanding, UnderstandingState } from '../ui/engine'
import { Text } from '../ui/layout'
import { useNow } from '../ui/now'
import type { Span } from '../ui/text-marks'
import { When } from '../ui/when'
import { RunDetails } from './run-details'
import { categoryWords, kinds, proposedTime, replyWords, sentimentTone, urgencyTone, words } from './words'

type Marking = { mark: Span | undefined; onMark: (span: Span | undefined) => void }

/** What was understood in a message, each thing with the place it came from. */
export function MessageUnderstanding({ message, mark, onMark }: Marking & { message: Message }) {
  const { triage, intelligence } = message
  const stateLine = <StateLine triage={triage} />
  if (triage.state !== 'done') return stateLine
  if (triage.category !== 'personal') return <Bulk triage={triage} />
  return (
    <Understanding
      summary={triage.summary || intelligence.summary || 'No summary.'}
      mark={<EngineMark engine={triage.engine} version={triage.version} confidence={triage.confidence} degraded={triage.degraded || intelligence.degraded} details={<RunDetails message={message.id} />} />}
    >
      <Signs triage={triage} readiness={intelligence.state === 'done' ? intelligence.readiness : null} mark={mark} onMark={onMark} />
      <Found intelligence={intelligence} topics={triage.topics} mark={mark} onMark={onMark} />
    </Understanding>
  )
}

function StateLine({ triage }: { triage: Triage }) {
  if (triage.state === 'pending') return <UnderstandingState icon={Hourglass}>Waiting to be read. It appears here by itself.</UnderstandingState>
  if (triage.state === 'failed') return <UnderstandingState icon={CircleAlert}>Reading failed. The message itself is complete; try “Read again”.</UnderstandingState>
  return <Bulk triage={triage} />
}

function Bulk({ triage }: { triage: Triage }) {
  const kind = categoryWords[triage.category]
  return (
    <UnderstandingState icon={CircleSlash}>
      {kind}, so not read further{triage.category_reason ? `: ${triage.category_reason}` : ''}.
    </UnderstandingState>
  )
}

function Signs({ triage, readiness, mark, onMark }: Marking & { triage: Triage; readiness: number | null }) {
  const now = useNow()
  const evidence = (field: string) => triage.evidence.find((e) => e.field === field)
  const press = (found: Evidence | undefined) => (found ? { onPress: () => onMark(same(mark, found) ? undefined : found), pressed: same(mark, found), title: 'Show it in the message' } : {})
  const reply = replyWords(triage)
  const overdue = triage.due_at !== null && Date.parse(triage.due_at) < now
  return (
    <Marks>
      {triage.intent && (
        <Badge tone="ai" {...press(evidence('intent'))}>
          {words(triage.intent)}
        </Badge>
      )}
      {triage.urgency && (
        <Badge tone={urgencyTone[triage.urgency]} icon={Flame} {...press(evidence('urgency'))}>
          {words(triage.urgency)} urgency
        </Badge>
      )}
      {triage.sentiment && (
        <Badge tone={sentimentTone[triage.sentiment]} icon={triage.sentiment === 'negative' ? Frown : Smile} {...press(evidence('sentiment'))}>
          {words(triage.sentiment)}
          {triage.mood && triage.mood !== 'none' ? `, ${triage.mood}` : ''}
        </Badge>
      )}
      {reply && (
        <Badge icon={MessageCircleQuestionMark} {...press(evidence('requires_response'))}>
          {reply}
        </Badge>
      )}
      {triage.due_at && (
        <Badge tone={overdue ? 'bad' : 'neutral'} icon={Clock} {...press(evidence('due_at'))}>
          {overdue ? 'Overdue since' : 'Due'} <When at={triage.due_at} />
        </Badge>
      )}
      {triage.is_meeting_request && <MeetingChips triage={triage} mark={mark} onMark={onMark} />}
      {readiness !== null && <Badge icon={Target}>Readiness {readiness} of 10</Badge>}
    </Marks>
  )
}

/** The times that a meeting request proposes, each with the words that say so. */
function MeetingChips({ triage, mark, onMark }: Marking & { triage: Triage }) {
  const meeting = triage.meeting
  const times = meeting?.proposed_times ?? []
  const [only] = times
  const length = meeting && meeting.duration_min > 0 ? `, ${meeting.duration_min} min` : ''
  if (!only) return <Badge icon={CalendarClock}>Meeting request{length}</Badge>
  return times.map((t) => (
    <Badge key={t.start} icon={CalendarClock} onPress={() => onMark(same(mark, t.evidence) ? undefined : t.evidence)} pressed={same(mark, t.evidence)} title="Show it in the message">
      {t === only ? 'Meeting request: ' : 'or '}
      {proposedTime(t.start, t.whole)}
      {t === only ? length : ''}
    </Badge>
  ))
}

function Found({ intelligence, topics, mark, onMark }: Marking & { intelligence: Intelligence; topics: string[] }) {
  if (intelligence.state === 'pending') return <UnderstandingState icon={Hourglass}>Looking for questions, promises and dates.</UnderstandingState>
  if (intelligence.state === 'failed') return <UnderstandingState icon={CircleAlert}>The search for questions, promises and dates failed.</UnderstandingState>
  const groups = kinds.map((k) => ({ ...k, items: intelligence.items.filter((i) => i.kind === k.kind) })).filter((g) => g.items.length > 0)
  if (groups.length === 0) return null
  const counts = groups.map((g) => `${g.items.length} ${(g.items.length === 1 ? g.one : g.label).toLowerCase()}`)
  return (
    <ItemGroups summary={`Found: ${counts.join(', ')}`}>
      {groups.map((group) => (
        <ItemGroup key={group.kind} icon={group.icon} label={group.label}>
          {group.items.map((item) => (
            <FoundItem key={`${item.start} ${item.text}`} pressed={same(mark, item)} onPress={() => onMark(same(mark, item) ? undefined : item)}>
              {item.text}
            </FoundItem>
          ))}
        </ItemGroup>
      ))}
      {topics.length > 0 && (
        <ItemGroup icon={Tags} label="Topics">
          <Text size={13}>{topics.join(', ')}</Text>
        </ItemGroup>
      )}
    </ItemGroups>
  )
}

function same(a: Span | undefined, b: Span): boolean {
  return a?.start === b.start && a.end === b.end
}
