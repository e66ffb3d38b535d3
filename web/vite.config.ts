import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env.RAPPORT_URL ?? 'http://127.0.0.1:3008'
const forwarded = Object.fromEntries(
  ['/v1', '/api', '/openapi.json', '/problems'].map((path) => [path, { target: server }]),
)

/** Has the browser run a chunk as soon as it is there, instead of after all that the page needs. */
function atOnce(name: string): Plugin {
  return {
    name: 'at-once',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const file = Object.values(bundle ?? {}).find((chunk) => chunk.name === name)
        return file && [{ tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, src: `/${file.fileName}` }, injectTo: 'head-prepend' }]
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
