import { useQuery } from '@tanstack/react-query'
import type { AgentCharter } from '../../api/types'
import { counted } from '../../record/words'
import { useDebounced } from '../../shell/debounced'
import { useWorkspace } from '../../shell/session'
import { Text } from '../../ui/layout'
import { Fact, Facts } from '../../ui/rows'
import { ErrorState, SkeletonLines } from '../../ui/state'
import { effectQuery } from './queries'

/** What a policy would have made of what was asked so far. Another object is another policy. */
export function Effect({ charter }: { charter: AgentCharter }) {
  const settled = useDebounced(charter, 250)
  const effect = useQuery(effectQuery(useWorkspace(), settled))
  if (effect.isPending) return <SkeletonLines count={2} />
  if (effect.isError) return <ErrorState title="The effect could not be worked out" error={effect.error} onRetry={() => void effect.refetch()} />
  const e = effect.data
  if (e.of === 0)
    return (
      <Text as="p" size={13} tone="muted">
        Nothing was asked under these rules yet. Once there are approvals, this says what would have become of the last 50.
      </Text>
    )
  return (
    <>
      <Text as="p">
        Of the last {counted(e.of, 'approval')}, {e.at_once.toLocaleString()} would have been done at once.
        {e.at_once > 0 && ` Of those, people have allowed ${e.allowed.toLocaleString()} and refused ${e.refused.toLocaleString()}.`}
      </Text>
      <Facts>
        <Fact label="Done at once">{e.at_once.toLocaleString()}</Fact>
        <Fact label="Asked for">{e.asked.toLocaleString()}</Fact>
        <Fact label="Never done">{e.never.toLocaleString()}</Fact>
      </Facts>
      <Text as="p" size={12} tone="muted">
        By kind, risk and time of each; daily limits are left out.
      </Text>
    </>
  )
}
