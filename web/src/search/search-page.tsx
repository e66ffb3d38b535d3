import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Search, SearchX } from 'lucide-react'
import { useRef } from 'react'
import type { Hit } from '../api/types'
import { useTyped } from '../shell/debounced'
import { useWorkspace } from '../shell/session'
import { Button, TextButton } from '../ui/button'
import { SearchField } from '../ui/form'
import { HitEntry, HitList, Operators } from '../ui/hit'
import { Page, Stack, TabLinks, Text } from '../ui/layout'
import { Sentinel } from '../ui/sentinel'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { useWalk } from './walk'
import { hitIcons, useOpenHit } from './open'
import { resultsQuery } from './queries'
import { kinds, operators, type HitKind } from './search'

const route = getRouteApi('/w/$workspace/search')

/** Everything that matches, with tabs for each kind. What is searched for stands in the address. */
export function SearchPage() {
  const workspace = useWorkspace()
  const { q = '', kind } = route.useSearch()
  const navigate = useNavigate()
  const field = useRef<HTMLInputElement>(null)
  const ask = (next: string, nextKind: HitKind | undefined) =>
    void navigate({ to: '/w/$workspace/search', params: { workspace }, search: { q: next || undefined, kind: nextKind }, replace: true })
  const [typed, setTyped] = useTyped(q, (next) => ask(next, kind))
  const add = (example: string) => {
    const text = `${typed.trim()} ${example}`.trim()
    setTyped(text)
    field.current?.focus()
  }
  return (
    <Page
      title="Search"
      tabs={
        <TabLinks label="Kinds">
          {[{ id: undefined, label: 'All' }, ...kinds].map((k) => (
            <Link key={k.label} to="/w/$workspace/search" params={{ workspace }} search={{ q: q || undefined, kind: k.id }} replace aria-current={kind === k.id ? 'page' : undefined}>
              {k.label}
            </Link>
          ))}
        </TabLinks>
      }
      sub={<SearchField ref={field} wide label="Search everything" value={typed} onChange={setTyped} autoFocus={q === ''} onEnter={() => field.current?.blur()} />}
    >
      {q.trim() === '' ? <Nothing onChoose={add} /> : <Results q={q} kind={kind} onAsk={(next, nextKind) => (setTyped(next), ask(next, nextKind))} onAdd={add} />}
    </Page>
  )
}

function Nothing({ onChoose }: { onChoose: (example: string) => void }) {
  return (
    <Stack gap={5}>
      <EmptyState icon={Search} title="Find anything">
        People, companies, mail, tasks and notes. All words must occur; names may be misspelt. These narrow it down:
      </EmptyState>
      <Help onChoose={onChoose} />
    </Stack>
  )
}

function Help({ onChoose }: { onChoose: (example: string) => void }) {
  return <Operators entries={operators} onChoose={onChoose} />
}

type ResultsProps = { q: string; kind: HitKind | undefined; onAsk: (q: string, kind: HitKind | undefined) => void; onAdd: (example: string) => void }

function Results({ q, kind, onAsk, onAdd }: ResultsProps) {
  const workspace = useWorkspace()
  const results = useInfiniteQuery(resultsQuery(workspace, q, kind))
  const hits = results.data?.pages.flatMap((p) => p.data) ?? []
  const notes = results.data?.pages[0]?.notes ?? []
  const open = useOpenHit()
  const [active, setActive] = useWalk(hits.length, (index) => {
    const hit = hits[index]
    if (hit) open(hit)
  })
  if (results.isPending) return <SkeletonLines count={8} />
  if (results.isError && hits.length === 0) return <ErrorState title="The search did not work" error={results.error} onRetry={() => void results.refetch()} />
  return (
    <>
      {notes.map((note) => (
        <Banner key={note}>{note}</Banner>
      ))}
      {hits.length === 0 ? (
        <NoHits q={q} kind={kind} onAsk={onAsk} onAdd={onAdd} />
      ) : (
        <>
          <HitList label="Results">
            {hits.map((hit, i) => (
              <Entry key={`${hit.entity}-${hit.id}`} hit={hit} active={i === active} onOpen={() => open(hit)} onPoint={() => setActive(i)} />
            ))}
          </HitList>
          {results.hasNextPage && <Sentinel key={hits.length} onSeen={() => void results.fetchNextPage()}>
            <SkeletonLines count={2} />
          </Sentinel>}
        </>
      )}
    </>
  )
}

function Entry({ hit, active, onOpen, onPoint }: { hit: Hit; active: boolean; onOpen: () => void; onPoint: () => void }) {
  const kind = kinds.find((k) => k.id === hit.entity)?.one ?? ''
  return <HitEntry icon={hitIcons[hit.entity]} kind={kind} title={hit.title} subtitle={hit.subtitle} snippet={hit.snippet} time={<When at={hit.at} short />} active={active} onOpen={onOpen} onPoint={onPoint} />
}

function NoHits({ q, kind, onAsk, onAdd }: ResultsProps) {
  const fewer = wider(q)
  return (
    <Stack gap={5}>
      <EmptyState
        icon={SearchX}
        title={`Nothing matches “${q}”${kind ? ` in ${kinds.find((k) => k.id === kind)?.label.toLowerCase()}` : ''}`}
        actions={
          <>
            {kind && <Button onClick={() => onAsk(q, undefined)}>Search everything</Button>}
            {fewer && <TextButton onClick={() => onAsk(fewer, kind)}>Search for {fewer}</TextButton>}
          </>
        }
      >
        All words must occur in the same record or message. Try fewer words, or another spelling.
      </EmptyState>
      <Text as="h2" size={13} weight={600}>
        Operators
      </Text>
      <Help onChoose={onAdd} />
    </Stack>
  )
}

/** The same search with its last condition taken away, or nothing if it has only one. */
function wider(q: string): string {
  const terms = q.match(/[a-z]+:"[^"]*"?|-?"[^"]*"?|\S+/gi) ?? []
  return terms.slice(0, -1).join(' ')
}
