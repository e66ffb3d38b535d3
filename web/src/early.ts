// Runs by itself before the scripts of the pages are there: it imports nothing.

/** How many rows of a list are asked for at a time. */
export const pageSize = 100

/** The order of a list whose address names none. */
export const usualSort = { contacts: '-last_interaction_at', companies: 'name' }

const asked = new Map<string, Promise<Response>>()

/** What the page at an address reads first. Whoever narrows a list down knows its address only later. */
export function wanted({ pathname, search }: { pathname: string; search: string }): string[] {
  const [, place, page] = /^\/w\/([^/]+)\/(contacts|companies|inbox)\/?$/.exec(pathname) ?? []
  if (place === undefined || page === undefined) return []
  const root = `/v1/workspaces/${place}`
  if (page === 'inbox') {
    const [, folder = 'needs_reply'] = /^(?:\?folder=(\w+))?$/.exec(search) ?? [undefined, '']
    return folder ? ['/v1/me', `${root}/threads?folder=${folder}&sort=-last_message_at&limit=${pageSize}`] : ['/v1/me']
  }
  const kind = page === 'contacts' ? page : 'companies'
  return search ? ['/v1/me'] : ['/v1/me', `${root}/${kind}?sort=${usualSort[kind]}&limit=${pageSize}`]
}

/** Which page stands at an address, among those whose scripts the document names. */
export function pageAt({ pathname }: { pathname: string }): string | undefined {
  return /^\/w\/[^/]+\/(contacts|companies|inbox|today)\/?$/.exec(pathname)?.[1]
}

/** The answer to a request that was sent early, once. */
export function early(url: string): Promise<Response> | undefined {
  const answer = asked.get(url)
  asked.delete(url)
  return answer
}

/** Who does not take an answer soon wants a newer one. */
const patience = 5_000

function ask(path: string): void {
  const answer = fetch(path, { headers: { Accept: 'application/json' } })
  answer.catch(() => undefined) // whoever takes it hears of it
  asked.set(new URL(path, location.href).href, answer)
}

/** As this browser was told to look, before anything is drawn. */
function dress(): void {
  const { dataset } = document.documentElement
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') dataset.theme = theme
  dataset.density = localStorage.getItem('density') === 'compact' ? 'compact' : 'comfortable'
}

/** Has the browser fetch the scripts of the page now, and not once the first ones have run. */
function fetchPage(): void {
  const pages: unknown = JSON.parse(document.querySelector('meta[name=pages]')?.getAttribute('content') ?? '{}')
  const scripts = Object.entries(pages ?? {}).find(([page]) => page === pageAt(location))?.[1]
  for (const href of Array.isArray(scripts) ? scripts : []) {
    const link = document.createElement('link')
    link.rel = 'modulepreload'
    link.crossOrigin = ''
    link.href = String(href)
    document.head.append(link)
  }
}

if (typeof document !== 'undefined') {
  // Without this cookie nobody is signed in.
  if (document.cookie.includes('rapport_csrf=')) {
    wanted(location).forEach(ask)
    setTimeout(() => asked.clear(), patience)
    fetchPage()
  }
  dress()
}
