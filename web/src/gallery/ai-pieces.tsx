import { useState } from 'react'
import { BriefBlock, BriefList, BriefSentence, Cite, Fact, Facts, NextAction, Quoted, SignalLine, Signals } from '../ui/brief'
import { DayChart, Meter, ShareChart } from '../ui/chart'
import { Row, Stack, Text } from '../ui/layout'
import { OrderList } from '../ui/order'
import { AnswerMark, Trail, type Step } from '../ui/trail'

const steps: Step[] = [
  { who: 'Gemini, flash', state: 'failed', words: 'was limited after 210 ms', facts: ['HTTP 429'] },
  { who: 'Anthropic, opus', state: 'passed', words: 'was not asked', facts: ['the call may cost more than the policy allows'] },
  { who: 'OpenRouter, sol', state: 'answered', words: 'answered after 2.1 s', waited: 'Waited 1.0 s: backoff', facts: ['412 tokens in, 96 out', '0.3 ¢'] },
]

const days = Array.from({ length: 14 }, (_, i) => ({ day: `2026-11-${String(i + 1).padStart(2, '0')}`, values: [i % 3, (i * 7) % 5, i % 4 === 0 ? 2 : 0, 0] }))

/** Limits, shares, days, an order, where an answer is from, and what is thought of somebody. */
export function AiPieces() {
  const [order, setOrder] = useState(['First', 'Second', 'Third'])
  return (
    <Stack gap={5}>
      <Meter label="Today" value={41} held={6} max={50} words="$41 of $50" marks={[80, 95]} tone="warn" note="More than 80 % is spent." />
      <Meter label="This month" value={12} max={null} words="$12, without a limit" />
      <ShareChart
        label="Shares in the gallery"
        head={['Calls', 'Tokens', 'Money']}
        rows={[
          { id: 'a', name: 'Gemini', target: 20, drifts: false, shares: [24, 31, 9] },
          { id: 'b', name: 'OpenRouter', target: 70, drifts: true, shares: [52, 44, 61] },
          { id: 'c', name: 'Anthropic', target: 10, drifts: true, shares: [24, 25, 30] },
        ]}
      />
      <DayChart label="Days in the gallery" parts={['Gemini', 'OpenRouter', 'Anthropic', 'Own server']} days={days} words={(v) => `$${v}`} />
      <OrderList label="An order in the gallery" items={order} id={(o) => o} name={(o) => o} onChange={setOrder}>
        {(o) => <Text>{o}</Text>}
      </OrderList>
      <Row gap={2}>
        <Text>An answer</Text>
        <AnswerMark said="Answered by OpenRouter, sol after 3.3 s; Gemini was limited; cost 0.3 ¢.">
          <Trail label="Who was asked" steps={steps} />
        </AnswerMark>
      </Row>
      <Trail label="Who was asked, in the gallery" steps={steps} />
      <BriefBlock>
        <BriefList label="A brief in the gallery">
          <BriefSentence>
            They ask for prices and name a budget: “12,000 euros”
            <Cite number={1} about="Pricing for 40 seats" onPress={() => setOrder(order.toReversed())} />
          </BriefSentence>
        </BriefList>
      </BriefBlock>
      <Facts>
        <Fact name="Buying intent">High</Fact>
        <Fact name="Stage">Weighing it</Fact>
      </Facts>
      <Signals label="Signals in the gallery">
        <SignalLine good>They named a budget.</SignalLine>
        <SignalLine good={false}>Others are in the race.</SignalLine>
      </Signals>
      <NextAction>
        <Text size={13}>Send an offer.</Text>
      </NextAction>
      <Quoted>Our budget is 12,000 euros.</Quoted>
    </Stack>
  )
}
