import { csrfToken } from '../api/client'
import { ProblemError, problemFrom } from '../api/problem'
import { root } from '../api/queries'
import type { AiAnswer, AiQuestion } from '../api/types'

type Heard = { piece: (text: string) => void; restart: () => void; done: (answer: AiAnswer) => void }

/** Asks, and tells the answer as it comes. It ends with done, or throws. */
export async function ask(workspace: string, question: AiQuestion, signal: AbortSignal, heard: Heard): Promise<void> {
  const response = await fetch(`${root(workspace)}/ai/stream`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', 'X-CSRF-Token': csrfToken() },
    body: JSON.stringify(question),
    signal,
  })
  if (!response.ok || !response.body) throw await problemFrom(response)
  let over = false
  for await (const event of events(response.body)) {
    if (event.name === 'piece') heard.piece(JSON.parse(event.data).text)
    if (event.name === 'restart') heard.restart()
    if (event.name === 'error') {
      const document = JSON.parse(event.data)
      throw new ProblemError(document.status, document)
    }
    if (event.name === 'done') {
      over = true
      heard.done(JSON.parse(event.data))
    }
  }
  if (!over) throw new Error('The answer broke off before its end.')
}

type Event = { name: string; data: string }

/** The events of a stream of server-sent events; comments are left out. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      const name = lines.find((l) => l.startsWith('event: '))?.slice(7)
      const data = lines.filter((l) => l.startsWith('data: ')).map((l) => l.slice(6))
      if (name && data.length > 0) yield { name, data: data.join('\n') }
    }
  }
}
