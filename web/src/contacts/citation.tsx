import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { read, server } from '../api/client'
import type { Citation, Standing } from '../api/types'
import { threadQuery } from '../inbox/queries'
import { useWorkspace } from '../shell/session'
import { Cite, Quoted } from '../ui/brief'
import { Dialog } from '../ui/dialog'
import { Row, Stack, Text } from '../ui/layout'
import { MessageText } from '../ui/mail'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { numbered, same } from './standing'

type Source = Standing['sources'][number]

/** The numbers behind a sentence; each opens its source and marks the words there. */
export function Citations({ of, standing }: { of: Citation[]; standing: Standing }) {
  const [open, setOpen] = useState<Citation>()
  const all = numbered(standing)
  const source = (c: Citation) => standing.sources.find((s) => s.id === c.id)
  return (
    <>
      {of.map((c) => (
        <Cite key={`${c.id} ${c.start}`} number={all.findIndex((o) => same(o, c)) + 1} about={source(c)?.title || 'No subject'} onPress={() => setOpen(c)} />
      ))}
      {open && <SourceDialog citation={open} source={source(open)} onClose={() => setOpen(undefined)} />}
    </>
  )
}

function SourceDialog({ citation, source, onClose }: { citation: Citation; source: Source | undefined; onClose: () => void }) {
  const workspace = useWorkspace()
  return (
    <Dialog title={source?.title || 'No subject'} onClose={onClose} wide>
      <Stack gap={3}>
        {!source && <Banner tone="warn">The source is no longer there. These are the words that were read.</Banner>}
        {source && (
          <Row justify="between" wrap>
            <Text size={13} tone="muted">
              {source.entity === 'message' ? 'Mail' : 'Noted down'}, <When at={source.at} />
            </Text>
            {source.thread_id && (
              <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: 'all', thread: source.thread_id }}>
                Open the conversation
              </Link>
            )}
          </Row>
        )}
        {source?.entity === 'message' && source.thread_id ? <MailSource thread={source.thread_id} citation={citation} /> : source ? <NotedSource citation={citation} /> : <Quoted>{citation.quote}</Quoted>}
      </Stack>
    </Dialog>
  )
}

function MailSource({ thread, citation }: { thread: string; citation: Citation }) {
  const workspace = useWorkspace()
  const query = useQuery(threadQuery(workspace, thread))
  if (query.isPending) return <SkeletonLines count={6} />
  if (query.isError) return <ErrorState title="The mail could not be read" error={query.error} onRetry={() => void query.refetch()} />
  const message = query.data.messages.find((m) => m.id === citation.id)
  if (!message) return <Quoted>{citation.quote}</Quoted>
  return <MessageText text={message.text} author={message.from.name} mark={citation} />
}

/** A call or meeting, as it was written down, with the words that were quoted. */
function NotedSource({ citation }: { citation: Citation }) {
  const workspace = useWorkspace()
  const query = useQuery({
    queryKey: [workspace, 'activities', 'one', citation.id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/activities/{id}', { params: { path: { workspace, id: citation.id } }, signal })),
  })
  if (query.isPending) return <SkeletonLines count={3} />
  if (query.isError) return <ErrorState title="The note could not be read" error={query.error} onRetry={() => void query.refetch()} />
  const text = [query.data.subject, query.data.body, query.data.outcome].filter(Boolean).join('\n\n')
  return <MessageText text={text} mark={citation} />
}
