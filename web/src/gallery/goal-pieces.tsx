import { Badge } from '../ui/badge'
import { Panel, Text } from '../ui/layout'
import { Plan, PlanCard, PlanLevel } from '../ui/plan'
import { Report } from '../ui/report'

const report = '# Week of 9 to 15 November\n\n3 messages from people.\n\n| | This week | Week before |\n|---|---:|---:|\n| Sent | 2 | 1 |\n\n## Hot leads\n\n- Ana Duarte, 82\n- A long name that goes on and on, 71'

/** A plan with its steps in their states, and a report. */
export function GoalPieces() {
  return (
    <>
      <Panel title="Plan">
        <Plan label="Plan in the gallery">
          <PlanLevel label="First in the gallery" first>
            <PlanCard title="Assess Ana Duarte" tone="good" mark={<Badge tone="good">Done</Badge>}>
              <Text size={12} tone="muted">
                contact · 0.3 ¢
              </Text>
            </PlanCard>
            <PlanCard title="Assess Ben Okafor" tone="bad" mark={<Badge tone="bad">Failed</Badge>}>
              <Text as="p" tone="bad">
                There is no mail to read.
              </Text>
            </PlanCard>
          </PlanLevel>
          <PlanLevel label="Then in the gallery" first={false}>
            <PlanCard title="Draft the answer to Ana Duarte" tone="now" mark={<Badge tone="accent">Under way</Badge>}>
              <Text size={12} tone="muted">
                After “Assess Ana Duarte”
              </Text>
            </PlanCard>
            <PlanCard title="A step with a long name that has to wrap somewhere, because people write sentences" tone="quiet" mark={<Badge>Not begun</Badge>}>
              <Text size={12} tone="muted">
                After “Assess Ben Okafor”
              </Text>
            </PlanCard>
          </PlanLevel>
        </Plan>
      </Panel>
      <Panel title="Report">
        <Report label="Report in the gallery" source={report} />
      </Panel>
    </>
  )
}
