import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'
import { root } from './client'
import { isTouched, restOf, type Change } from './touched'

/** How the page hears of changes. Paused is a tab that nobody looks at. */
export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'paused'

/** A hidden tab lets its connection go after this long: a browser has few of them for all tabs together. */
const hiddenFor = 10_000
/** A hiccup shorter than this is not worth a word. */
const unspokenFor = 2_000
const soonest = 2_000
const latest = 30_000

/** The one stream of a tab. It follows a workspace while somebody looks, and says what of the cache is out of date. */
export class Live {
  private source: EventSource | undefined
  private since = ''
  private shown: LiveState = 'connecting'
  private failures = 0
  private follow: { workspace: string; refresher: Refresher } | undefined
  private readonly timers = new Map<'retry' | 'word' | 'pause', ReturnType<typeof setTimeout>>()
  private readonly listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly state = (): LiveState => this.shown

  /** Follows a workspace until the returned function is called. */
  start(workspace: string, client: QueryClient): () => void {
    const refresher = new Refresher(client)
    this.follow = { workspace, refresher }
    this.since = ''
    const seen = () => this.look()
    document.addEventListener('visibilitychange', seen)
    window.addEventListener('online', seen)
    window.addEventListener('offline', seen)
    this.look()
    return () => {
      document.removeEventListener('visibilitychange', seen)
      window.removeEventListener('online', seen)
      window.removeEventListener('offline', seen)
      refresher.stop()
      this.follow = undefined
      this.close()
      this.say('connecting')
    }
  }

  /** Opens or lets go, by what the browser says of tab and network. */
  private look(): void {
    if (!navigator.onLine) {
      this.close()
      this.say('offline')
    } else if (!document.hidden) {
      this.cancel('pause')
      if (!this.source) this.open()
    } else if (this.source) {
      this.after('pause', hiddenFor, () => {
        this.close()
        this.say('paused')
      })
    }
  }

  private open(): void {
    if (!this.follow) return
    this.close()
    const at = this.since ? `?since=${encodeURIComponent(this.since)}` : ''
    const source = new EventSource(`${root(this.follow.workspace)}/live${at}`)
    this.source = source
    const heard = (event: MessageEvent<string>) => {
      if (event.lastEventId) this.since = event.lastEventId
    }
    source.addEventListener('hello', (event) => {
      heard(event)
      this.failures = 0
      this.say('live')
    })
    source.addEventListener('change', (event) => {
      heard(event)
      const change = changeOf(event.data)
      if (change && this.follow) this.follow.refresher.touch((key) => isTouched(key, this.follow?.workspace ?? '', change))
    })
    source.addEventListener('resync', (event) => {
      heard(event)
      this.refetchAll()
    })
    source.addEventListener('bye', (event) => {
      if (event.data.includes('credential')) this.askWhoIsThere()
      else this.waits()
    })
    source.addEventListener('error', () => {
      // The browser comes back by itself, unless the server answered with something else than a stream.
      if (source.readyState === EventSource.CLOSED) this.again()
      else this.waits()
    })
  }

  /** Everything that is shown is asked for again, each query in its time. */
  private refetchAll(): void {
    const workspace = this.follow?.workspace
    this.follow?.refresher.touch((key) => key[0] === workspace || key[0] === 'organization')
  }

  private again(): void {
    this.close()
    this.waits()
    if (this.failures === 0) this.askWhoIsThere()
    const pause = Math.min(latest, soonest * 2 ** this.failures++)
    this.after('retry', pause * (0.5 + Math.random()), () => this.look())
  }

  /** The answer leads to the login when the session is over. */
  private askWhoIsThere(): void {
    void this.follow?.refresher.client.invalidateQueries({ queryKey: ['me'] })
  }

  private waits(): void {
    if (this.shown === 'live' || this.shown === 'paused') this.after('word', unspokenFor, () => this.say('reconnecting'))
    else this.say('reconnecting')
  }

  private close(): void {
    this.source?.close()
    this.source = undefined
    for (const name of ['retry', 'word', 'pause'] as const) this.cancel(name)
  }

  private say(state: LiveState): void {
    this.cancel('word')
    if (this.shown === state) return
    this.shown = state
    for (const listener of this.listeners) listener()
  }

  private after(name: 'retry' | 'word' | 'pause', ms: number, run: () => void): void {
    if (name === 'word' && this.timers.has(name)) return
    this.cancel(name)
    this.timers.set(name, setTimeout(run, ms))
  }

  private cancel(name: 'retry' | 'word' | 'pause'): void {
    clearTimeout(this.timers.get(name))
    this.timers.delete(name)
  }
}

function changeOf(data: string): Change | undefined {
  const parsed: unknown = JSON.parse(data)
  if (typeof parsed !== 'object' || parsed === null || !('entity' in parsed) || typeof parsed.entity !== 'string') return undefined
  const ids = 'ids' in parsed && Array.isArray(parsed.ids) ? parsed.ids.filter((v) => typeof v === 'string') : null
  return { entity: parsed.entity, ids, kind: 'kind' in parsed && typeof parsed.kind === 'string' ? parsed.kind : 'changed' }
}

/** Has queries ask again when something touched them: those on screen at once or after their rest, the others when they are shown. */
export class Refresher {
  readonly client: QueryClient
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(client: QueryClient) {
    this.client = client
  }

  touch(touched: (key: QueryKey) => boolean): void {
    for (const query of this.client.getQueryCache().getAll()) {
      if (!touched(query.queryKey)) continue
      query.invalidate()
      if (query.isActive() && !query.isDisabled()) this.refresh(query)
    }
  }

  private refresh(query: Query): void {
    if (this.timers.has(query.queryHash)) return
    const asking = query.state.fetchStatus === 'fetching'
    const wait = asking ? 300 : query.state.dataUpdatedAt + restOf(query) - Date.now()
    if (wait > 0) {
      const timer = setTimeout(() => {
        this.timers.delete(query.queryHash)
        if (asking) query.invalidate() // that answer may be of before
        if (query.isActive() && query.state.isInvalidated) this.refresh(query)
      }, wait)
      this.timers.set(query.queryHash, timer)
      return
    }
    void this.client.refetchQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false })
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
  }
}

export const live = new Live()

/** For what changes by itself: asked for now and then only while nothing is told. */
export function unlessLive(ms: number): number | false {
  return live.state() === 'live' ? false : ms
}
