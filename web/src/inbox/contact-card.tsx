import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { contactQuery, scoreQuery } from '../api/queries'
import type { Thread } from '../api/types'
import { Owner } from '../record/owner'
import { useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Properties, Property } from '../ui/inline-edit'
import { Stack, Text } from '../ui/layout'
import { PersonCard, PersonStrip } from '../ui/mail'
import { Score } from '../ui/score'
import { SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

/** Who a conversation is with. */
export function ContactCard({ thread }: { thread: Thread }) {
  if (thread.contact_id) return <Known id={thread.contact_id} />
  const name = thread.from_name || thread.from_address
  return (
    <PersonCard
      head={
        <>
          <Avatar name={name} id={thread.from_address} size={40} />
          <Text weight={600}>{name}</Text>
          <Text size={13} tone="muted">
            {thread.from_address}
          </Text>
        </>
      }
    >
      <Text as="p" size={13} tone="muted">
        Not a contact. Lists, robots and your own addresses do not become contacts.
      </Text>
    </PersonCard>
  )
}

/** The same in a line, where there is no room for a card. */
export function ContactStrip({ thread }: { thread: Thread }) {
  const workspace = useWorkspace()
  const contact = useQuery({ ...contactQuery(workspace, thread.contact_id ?? ''), enabled: thread.contact_id !== null }).data
  const name = contact?.name ?? (thread.contact_name || thread.from_name || thread.from_address)
  return (
    <PersonStrip>
      <Avatar name={name} id={thread.contact_id ?? thread.from_address} size={24} />
      {thread.contact_id ? (
        <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: thread.contact_id }}>
          <Text weight={500} dir="auto">
            {name}
          </Text>
        </Link>
      ) : (
        <Text weight={500}>{name}</Text>
      )}
      <Text tone="muted" truncate>
        {contact ? [contact.title, contact.company_name].filter(Boolean).join(', ') || contact.email : thread.contact_id ? '' : 'not a contact'}
      </Text>
      {contact && (
        <>
          <Score score={contact.score} />
          {contact.owner_id && <Owner id={contact.owner_id} />}
        </>
      )}
    </PersonStrip>
  )
}

function Known({ id }: { id: string }) {
  const workspace = useWorkspace()
  const contact = useQuery(contactQuery(workspace, id))
  const score = useQuery(scoreQuery(workspace, id)).data
  if (contact.isPending) return <SkeletonLines count={4} />
  if (contact.isError) return <PersonCard head={<Text tone="muted">The contact could not be read.</Text>}>{null}</PersonCard>
  const c = contact.data
  const reasons = score?.parts.flatMap((p) => p.reasons).slice(0, 3) ?? []
  return (
    <PersonCard
      head={
        <>
          <Avatar name={c.name} id={c.id} size={40} />
          <Text weight={600} dir="auto">
            {c.name}
          </Text>
          <Text size={13} tone="muted">
            {[c.title, c.company_name].filter(Boolean).join(', ') || c.email}
          </Text>
          <Link to="/w/$workspace/contacts/$id" params={{ workspace, id }}>
            Open contact
          </Link>
        </>
      }
    >
      <Properties>
        <Property label="Score">
          <Score score={c.score} />
        </Property>
        <Property label="Last touch">
          <When at={c.last_interaction_at} />
        </Property>
        <Property label="Owner">
          <Owner id={c.owner_id} />
        </Property>
        <Property label="Email">{c.email ?? '–'}</Property>
      </Properties>
      {reasons.length > 0 && (
        <Stack gap={1}>
          <Text as="h3" size={13} weight={600}>
            Why this score
          </Text>
          {reasons.map((r) => (
            <Text key={r} as="p" size={13} tone="muted">
              {r.charAt(0).toUpperCase() + r.slice(1)}
            </Text>
          ))}
        </Stack>
      )}
    </PersonCard>
  )
}
