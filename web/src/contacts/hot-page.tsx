import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Flame } from 'lucide-react'
import { useState } from 'react'
import type { HotLead } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button, ButtonGroup, IconButton } from '../ui/button'
import { Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { Score } from '../ui/score'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { LinkLine, PlainList } from '../ui/work'
import { actions, pointWords } from './judgements'
import { hotQuery } from './standing'

/** Everybody who is worth a call, the hottest first, with what makes them so. */
export function HotPage() {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const { me } = useSession()
  const [mine, setMine] = useState(false)
  const hot = useInfiniteQuery(hotQuery(workspace, mine ? me.user.id : undefined))
  const leads = hot.data?.pages.flatMap((p) => p.data) ?? []
  const at = useHotKeys(leads)
  return (
    <Page
      title="Hot leads"
      back={<IconButton icon={ArrowLeft} label="All contacts" onClick={() => void navigate({ to: '/w/$workspace/contacts', params: { workspace } })} />}
      actions={
        <ButtonGroup label="Whose">
          <Button size="small" aria-pressed={!mine} onClick={() => setMine(false)}>
            All
          </Button>
          <Button size="small" aria-pressed={mine} onClick={() => setMine(true)}>
            Mine
          </Button>
        </ButtonGroup>
      }
    >
      <Scroll width="normal">
        {hot.isPending && <SkeletonLines count={8} />}
        {hot.isError && <ErrorState title="The hot leads could not be read" error={hot.error} onRetry={() => void hot.refetch()} />}
        {hot.data && leads.length === 0 && (
          <EmptyState icon={Flame} title={mine ? 'None of yours is hot' : 'Nobody is hot'}>
            People of whom lead score and assessment together make 70 and more appear here.
          </EmptyState>
        )}
        {leads.length > 0 && (
          <Panel flush>
            <PlainList label="Hot leads">
              {leads.map((l) => (
                <Lead key={l.contact_id} lead={l} active={l.contact_id === at} />
              ))}
            </PlainList>
          </Panel>
        )}
        {hot.hasNextPage && (
          <Row>
            <Button busy={hot.isFetchingNextPage} onClick={() => void hot.fetchNextPage()}>
              Show more
            </Button>
          </Row>
        )}
      </Scroll>
    </Page>
  )
}

function useHotKeys(leads: HotLead[]): string | undefined {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const [at, setAt] = useState<string>()
  const index = leads.findIndex((l) => l.contact_id === at)
  const step = (by: 1 | -1) => {
    setAt(leads[index === -1 ? 0 : Math.min(Math.max(index + by, 0), leads.length - 1)]?.contact_id)
    requestAnimationFrame(() => document.querySelector('main [data-active="true"]')?.scrollIntoView({ block: 'nearest' }))
  }
  const group = 'Hot leads'
  useKeys([
    { keys: 'j', label: 'Next', group, run: () => step(1) },
    { keys: 'k', label: 'Before', group, run: () => step(-1) },
    { keys: 'enter', label: 'Open', group, run: () => void (at && navigate({ to: '/w/$workspace/contacts/$id', params: { workspace, id: at } })) },
    { keys: 'escape', label: 'Back to the contacts', group, run: () => void navigate({ to: '/w/$workspace/contacts', params: { workspace } }) },
  ])
  return at
}

function Lead({ lead, active }: { lead: HotLead; active: boolean }) {
  const workspace = useWorkspace()
  const action = lead.next_best_action
  return (
    <LinkLine active={active}>
      <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: lead.contact_id }}>
        <Stack gap={1}>
          <Row justify="between">
            <Text size={13} weight={600} truncate dir="auto">
              {lead.name}
              {lead.company_name && ` · ${lead.company_name}`}
            </Text>
            <Score score={lead.composite} />
          </Row>
          <Text size={12} tone="muted">
            {lead.points.map(pointWords).join(' · ')}
          </Text>
          {lead.assessed && action.text && (
            <Text size={13} dir="auto">
              {actions[action.kind]}: {action.text}
            </Text>
          )}
          <Row gap={2} wrap>
            {!lead.assessed && <Badge>Lead score alone, {Math.round(lead.coverage * 100)}% known</Badge>}
            <Text size={12} tone="muted">
              Last touch <When at={lead.last_interaction_at} />
            </Text>
          </Row>
        </Stack>
      </Link>
    </LinkLine>
  )
}
