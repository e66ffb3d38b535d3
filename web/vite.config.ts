import react from '@vitejs/plugin-react'
import type { IndexHtmlTransformContext, Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

type Bundle = NonNullable<IndexHtmlTransformContext['bundle']>

const server = process.env.RAPPORT_URL ?? 'http://127.0.0.1:3008'
const forwarded = Object.fromEntries(
  ['/v1', '/api', '/openapi.json', '/problems'].map((path) => [path, { target: server }]),
)

/** The scripts that early.ts fetches for a page. */
const early = { inbox: 'inbox-page', contacts: 'contacts-page', companies: 'companies-page', today: 'today-page' }

/** A chunk and all that it needs, without what every page loads. */
function scriptsOf(name: string, bundle: Bundle): string[] {
  const chunks = Object.values(bundle).flatMap((c) => (c.type === 'chunk' ? [c] : []))
  const found = new Map<string, string[]>()
  const follow = (file: string): string[] => {
    const known = found.get(file)
    if (known) return known
    found.set(file, [])
    const needed = [file, ...(chunks.find((c) => c.fileName === file)?.imports ?? []).flatMap(follow)]
    found.set(file, needed)
    return needed
  }
  const all = new Set(chunks.filter((c) => c.isEntry).flatMap((c) => follow(c.fileName)))
  found.clear()
  const own = chunks.filter((c) => c.name === name).flatMap((c) => follow(c.fileName))
  return [...new Set(own)].filter((file) => !all.has(file)).map((file) => `/${file}`)
}

/** Has the browser run a chunk as soon as it is there, instead of after all that the page needs. */
function atOnce(name: string): Plugin {
  return {
    name: 'at-once',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const file = Object.values(bundle ?? {}).find((chunk) => chunk.name === name)
        if (!file) return undefined
        const pages = Object.fromEntries(Object.entries(early).map(([page, script]) => [page, scriptsOf(script, bundle ?? {})]))
        return [
          { tag: 'meta', attrs: { name: 'pages', content: JSON.stringify(pages) }, injectTo: 'head-prepend' },
          { tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, src: `/${file.fileName}` }, injectTo: 'head-prepend' },
        ]
      },
    },
  }
}

export default defineConfig({
  plugins: [react(), atOnce('early')],
  server: { host: '127.0.0.1', port: 5173, proxy: forwarded },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
    // One sheet, and few scripts: a file costs the browser more than the bytes in it.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'early', test: /src[\\/]early\.ts/ },
            { name: 'overlays', test: /node_modules[\\/](react-aria|react-stately|@react-|@internationalized|@swc|clsx|client-only)/ },
            { name: 'vendor', test: /node_modules[\\/](react|react-dom|scheduler|use-sync-external-store|@tanstack|openapi-fetch)[\\/]/ },
            { name: 'icons', test: /node_modules[\\/]lucide-react[\\/]/ },
            { name: 'pieces', test: /src[\\/](?!(ui[\\/](combobox|hint|engine|floating-panel|menu-list)|contacts[\\/]company-property)\.)/, minShareCount: 3 },
          ],
        },
      },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})
